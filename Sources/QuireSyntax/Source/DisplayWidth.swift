// How many columns a character takes in a terminal, so that a caret stands under its text.

/// The columns of one character in a terminal: 0, 1 or 2.
func displayWidth(of character: Character) -> Int {
  var width = 0
  for scalar in character.unicodeScalars {
    // Joined scalars, as in an emoji family, are drawn as one: the widest decides.
    width = max(width, displayWidth(of: scalar))
    if scalar.value == emojiPresentation { width = 2 }
  }
  return width
}

/// Asks for the two-column picture of the scalar before it.
private let emojiPresentation: UInt32 = 0xFE0F

private func displayWidth(of scalar: Unicode.Scalar) -> Int {
  if scalar.value < 0x300 { return 1 }
  switch scalar.properties.generalCategory {
  case .nonspacingMark, .enclosingMark, .format: return 0
  default: break
  }
  if scalar.properties.isEmojiPresentation { return 2 }
  return wideRanges.contains { $0.contains(scalar.value) } ? 2 : 1
}

/// The East Asian blocks whose characters are two columns wide.
private let wideRanges: [ClosedRange<UInt32>] = [
  0x1100...0x115F,  // Hangul Jamo
  0x2E80...0x303E,  // CJK radicals, Kangxi, punctuation
  0x3041...0x33FF,  // Hiragana to CJK compatibility
  0x3400...0x4DBF,  // CJK extension A
  0x4E00...0x9FFF,  // CJK unified ideographs
  0xA000...0xA4CF,  // Yi
  0xA960...0xA97F,  // Hangul Jamo extended A
  0xAC00...0xD7A3,  // Hangul syllables
  0xF900...0xFAFF,  // CJK compatibility ideographs
  0xFE30...0xFE6F,  // CJK compatibility forms, small forms
  0xFF00...0xFF60,  // full-width forms
  0xFFE0...0xFFE6,  // full-width signs
  0x20000...0x3FFFD,  // CJK extensions B and later
]
