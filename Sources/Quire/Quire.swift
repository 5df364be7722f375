// Quire
