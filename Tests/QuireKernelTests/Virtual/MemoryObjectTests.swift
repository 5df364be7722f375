import Testing

@testable import QuireKernel

struct MemoryObjectTests {
  @Test("an object that first got a page far from its start is empty again without it")
  func farPage() {
    var objects = MemoryObjects()
    let object = objects.make(
      MemoryObject(
        size: 5000 << 12, chargedPages: 0, flags: [], kernelObjects: .init(repeating: .none)))
    #expect(objects.missingNodes(for: 4095, of: object) == 2)
    for _ in 0..<2 { objects.pages.spareNodes.push(.none) }
    objects.setSlot(4095, of: object, to: ObjectSlot(FrameNumber(UInt32(7))))
    #expect(objects.nextOccupied(from: 0, of: object) == 4095)
    objects.setSlot(4095, of: object, to: .none)
    #expect(objects[object].pages.isEmpty && objects[object].residentPages == 0)
    #expect(objects.pages.freedNodes.count == 2)
    objects.release(object)
  }
}
