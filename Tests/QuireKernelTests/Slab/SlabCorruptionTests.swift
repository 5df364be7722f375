import KernelStorage
import Testing

@testable import QuireKernel

/// Every rule of the slab checker is broken on purpose once: the checker must name it (AUDIT-14).
struct SlabCorruptionTests {
  /// Names of the rules that do not hold after `corrupt`, which is given a slab with live and free
  /// objects that a CPU allocates from, and another that is full.
  static func rules(
    _ corrupt: (inout Kernel, _ active: Int, _ full: Int) -> Void
  ) throws -> Set<String> {
    var kernel = try Kernel(AllocationTests.machine(64))
    let cache = try kernel.createCache("broken", size: 1000, for: .none)
    var objects: [VirtualAddress] = []
    for _ in 0..<(kernel.slab[cache].geometry.objectsPerSlab + 3) {
      objects.append(try kernel.allocateObject(from: cache, .kernel, for: .none))
    }
    try kernel.freeObject(at: objects[objects.count - 2], to: cache)
    #expect(kernel.checkInvariants() == [])
    let full = Int(kernel.memory.frames[frame(objects[0])].mapping)
    let active = Int(kernel.memory.frames[frame(objects[objects.count - 1])].mapping)
    corrupt(&kernel, active, full)
    return Set(kernel.checkInvariants().map(\.rule))
  }

  static func frame(_ address: VirtualAddress) -> FrameNumber {
    FrameNumber(Int((address - DirectMap(.x86_64, ram: 0).base) >> Page.shift))
  }

  @Test("counts of objects, slabs and frames")
  func counts() throws {
    let live = try Self.rules { kernel, active, _ in kernel.slab.slabs[active].live += 1 }
    #expect(live == ["slab.live-count"])
    let cache = try Self.rules { kernel, active, _ in
      kernel.slab.caches[kernel.slab.slabs[active].cache.index].objectCount += 1
    }
    #expect(cache == ["slab.cache-counts"])
    let frames = try Self.rules { kernel, _, _ in kernel.slab.countFrames(1, reclaimable: false) }
    #expect(frames == ["slab.frame-total"])
  }

  @Test("an object is live or free, not both and not neither")
  func objects() throws {
    let both = try Self.rules { kernel, active, _ in
      let chain = Int(kernel.slab.slabs[active].chain)
      kernel.slab.links[chain] = SlabLink.end
    }
    #expect(both == ["slab.live-count", "slab.chain"])
    let circle = try Self.rules { kernel, active, _ in
      let row = kernel.slab.slabs[active].cache.index * kernel.slab.cpuCount
      let head = kernel.slab.cpuSlabs[row].head
      kernel.slab.links[Int(kernel.slab.slabs[active].chain) + Int(head)] = head
    }
    #expect(circle == ["slab.chain"])
    let full = try Self.rules { kernel, _, full in
      kernel.slab.slabs[full].objects += 1
    }
    #expect(full.contains("slab.full"))
  }

  @Test("a slab is where its place says")
  func places() throws {
    let active = try Self.rules { kernel, active, _ in kernel.slab.slabs[active].place = .full }
    #expect(active.isSuperset(of: ["slab.cpu-slab", "slab.place", "slab.full"]))
    let node = try Self.rules { kernel, _, full in kernel.slab.slabs[full].place = .nodePartial }
    #expect(node.contains("slab.partial-count"))
    let partial = try Self.rules { kernel, active, _ in
      kernel.slab.cpuSlabs[kernel.slab.slabs[active].cache.index * kernel.slab.cpuCount]
        .partialCount += 1
    }
    #expect(partial == ["slab.cpu-partial"])
    let links = try Self.rules { kernel, active, full in
      kernel.slab.appendNodePartial(full)
      kernel.slab.slabs[full].previous = UInt32(active)
    }
    #expect(links.contains("slab.list-links"))
    let discarded = try Self.rules { kernel, _, full in
      kernel.slab.discarded = UInt32(full)
    }
    #expect(discarded.contains("slab.discarded"))
  }

  @Test("the pages of a slab are marked, counted once, and on no LRU list")
  func pages() throws {
    let flag = try Self.rules { kernel, active, _ in
      kernel.memory.frames[kernel.slab.slabs[active].block].mapping = 0
    }
    #expect(flag == ["slab.page-flag"])
    let lru = try Self.rules { kernel, active, _ in
      kernel.memory.frames[kernel.slab.slabs[active].block].flags.insert(.lru)
    }
    #expect(lru.contains("slab.page-on-lru"))
    let block = try Self.rules { kernel, active, _ in
      kernel.memory.frames[kernel.slab.slabs[active].block].referenceCount = 2
    }
    #expect(block.contains("slab.block"))
    let owner = try Self.rules { kernel, _, _ in
      guard let page = try? kernel.allocatePages(.kernel, order: 0, for: .none) else { return }
      kernel.memory.frames[page].flags.insert(.slab)
    }
    #expect(owner == ["slab.frame-owner"])
  }
}
