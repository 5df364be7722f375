// Addresses relative to anchors, regions and runs of values, as recordings write them.

import Testing

@testable import QuireCommands

@Suite("Anchors, regions and runs")
struct AnchorTests {
  static let addresses: [(address: UInt64, text: String)] = [
    (0x7fff_bfff_8000, "[\"T\", -32768]"), (0x6000_0000_0000 - 16384, "[\"A\", -16384]"),
    (0x6000_8000_0000, "[\"A\", 2147483648]"), (0x4_0000_8000, "[\"B\", 32768]"),
    (0x7fff_ffff_f000 - 4_194_304, "[\"S\", -4194304]"), (0x4000_0000, "[\"abs\", 1073741824]"),
    (65536, "[\"abs\", 65536]"),
  ]

  @Test("an address is written relative to the nearest anchor", arguments: addresses)
  func leaf(_ address: UInt64, _ text: String) {
    #expect(Anchors.leaf(address).description == text)
  }

  @Test("steps of the mmap area that reach past T were skipped; stack steps were not")
  func pastTop() {
    #expect(Anchors.reachesPastTop(Anchors.top - 4096, 8192))
    #expect(Anchors.reachesPastTop(Anchors.top + 8192, 4096))
    #expect(!Anchors.reachesPastTop(Anchors.top - 4096, 4096))
    #expect(!Anchors.reachesPastTop(Anchors.top - 4096, 0 &- 4096))
    #expect(!Anchors.reachesPastTop(Anchors.stackTop - 4096, 4096))
    #expect(!Anchors.reachesPastTop(Anchors.empty, 1 << 47))
  }

  @Test("the newest region names an address; names bound again are the newest")
  func regions() {
    var regions = Regions()
    regions.bind("r1", start: 0x1000, length: 0x4000)
    regions.bind("r2", start: 0x2000, length: 0x1000)
    #expect(regions.place(of: 0x2000) == "r2+0")
    #expect(regions.place(of: 0x3000) == "r1+8192")
    #expect(regions.place(of: 0x5000) == nil)
    regions.bind("r1", start: 0x2000, length: 0x1000)
    #expect(regions.place(of: 0x2000) == "r1+0")
    #expect(regions.place(of: 0x3000) == nil)
    #expect(regions.resolve(AddressExpression(name: "r1", offset: 0 &- 4096)) == 0x1000)
    #expect(regions.resolve(AddressExpression(name: "r9", offset: 0)) == nil)
    #expect(regions.resolve(AddressExpression(name: "B", offset: 1)) == 0x4_0000_0001)
  }

  @Test("runs are written VALUExCOUNT, single values bare, nothing as the empty text")
  func runs() {
    #expect(RunLength.text([2, 2, 2, 2, 1, 1, 7]) == "2x4 1x2 7")
    #expect(RunLength.text([]) == "")
  }
}
