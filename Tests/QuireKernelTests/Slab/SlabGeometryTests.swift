import Testing

@testable import QuireKernel

/// SLAB-17, SLAB-18: sizes of objects and slabs.
struct SlabGeometryTests {
  struct Vector: Sendable {
    var cpus: Int
    var size: Int
    var order: Int
    var objects: Int
  }

  static let vectors = [
    Vector(cpus: 1, size: 64, order: 0, objects: 64),
    Vector(cpus: 1, size: 192, order: 0, objects: 21),
    Vector(cpus: 1, size: 512, order: 0, objects: 8),
    Vector(cpus: 1, size: 1024, order: 1, objects: 8),
    Vector(cpus: 1, size: 2048, order: 2, objects: 8),
    Vector(cpus: 1, size: 4096, order: 3, objects: 8),
    Vector(cpus: 1, size: 8192, order: 3, objects: 4),
    Vector(cpus: 4, size: 512, order: 1, objects: 16),
    Vector(cpus: 4, size: 1024, order: 2, objects: 16),
    Vector(cpus: 4, size: 2048, order: 3, objects: 16),
  ]

  @Test("VEC-4: order and objects of a slab", arguments: vectors)
  func vector(_ vector: Vector) {
    let geometry = SlabGeometry(objectSize: vector.size, cpus: vector.cpus)
    #expect(geometry.size == vector.size)
    #expect(geometry.order == vector.order)
    #expect(geometry.objectsPerSlab == vector.objects)
  }
}
