// Tables for people: columns line up, and sizes never say more than there is.

import QuireReports
import Testing

@Suite("Text tables")
struct TextTableTests {
  @Test("columns are as wide as their widest cell")
  func columns() {
    var table = TextTable([("name", .left), ("size", .right)])
    table.add(["a", "1"])
    table.add(["longer", "12345"])
    #expect(
      table.text == """
        name     size
        a           1
        longer  12345

        """)
  }

  @Test("a table without titles has no head, and no space at the end of a line")
  func bare() {
    var table = TextTable([("", .left), ("", .left)])
    table.add(["a", "b"])
    table.add(["long"])
    #expect(table.text == "a     b\nlong\n")
  }

  @Test(
    "sizes in the largest unit, rounded down",
    arguments: [
      (UInt64(0), "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"),
      ((1 << 20) - 1, "1023.9 KiB"), (1 << 20, "1 MiB"), (3 << 40, "3 TiB"),
    ] as [(UInt64, String)])
  func sizes(bytes: UInt64, text: String) {
    #expect(Size.text(bytes) == text)
  }
}
