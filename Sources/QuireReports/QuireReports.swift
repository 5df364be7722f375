// QuireReports
