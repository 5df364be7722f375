// Running scripts from tests.

import Quire
import Testing

/// Runs a script to its end without a queue.
func run(
  _ source: String, options: RunOptions = RunOptions(), limits: Limits = Limits(),
  adjust: (inout MachineSettings) -> Void = { _ in }, hostFunctions: [HostFunction] = []
) throws -> Outcome {
  let program = try Program(source, named: "test.quire", hostFunctions: hostFunctions)
  var settings = program.settings
  adjust(&settings)
  return try program.run(on: settings, limits: limits, options: options)
}

/// Runs a script of which every expectation must hold, and something must be expected.
func expectAllHold(
  _ source: String, location: SourceLocation = #_sourceLocation
) throws {
  let outcome = try run(source)
  #expect(outcome.report == "", sourceLocation: location)
  #expect(outcome.exitStatus == 0, sourceLocation: location)
  #expect(outcome.ending == .finished, sourceLocation: location)
  #expect(outcome.expectationsHeld > 0, sourceLocation: location)
}

/// Scripts that exercise scheduling, faults, swap and signals; each ends by itself.
let corpus: [(name: String, source: String)] = [
  (
    "counting in shared memory",
    """
    machine { ram: 16MiB, cpus: 2, scheduler: "random", quantum: 300ns, seed: 5 }
    let m = mmap 4KiB, "rw", shared: true
    fn add(times) {
        repeat times {
            let value = load(m.start)
            store m.start, value + 1
        }
    }
    for i in 0 ..< 3 { fork { add(2_000) } }
    add(2_000)
    wait
    print load(m.start), now()
    """
  ),
  (
    "memory pressure",
    """
    import "patterns"
    machine { ram: 16MiB, swap: [32MiB], cpus: 3, seed: 3 }
    for i in 0 ..< 3 {
        process "hog" {
            let m = mmap 6MiB, "rw"
            write m, value: 1
            touch m, pattern: patterns.hotspot(10, 90), count: 3_000
            print getpid(), self.majflt, now()
        }
    }
    wait
    print vmstat.pswpout, vmstat.pswpin
    """
  ),
  (
    "sleeping, signals and waiting",
    """
    machine { ram: 16MiB, cpus: 2 }
    let e = event()
    var seen = 0
    let p = fork {
        on_signal SIGUSR1 { n in seen = seen + 1 }
        for i in 0 ..< 5 { try { sleep 1ms } catch x { print x.errno } }
        print "seen", seen
        e.wait()
        exit seen
    }
    for i in 0 ..< 3 { sleep 700us
     kill p, SIGUSR1 }
    sleep 20ms
    e.signal()
    print wait(p).code
    """
  ),
  (
    "chance",
    """
    machine { ram: 16MiB, seed: 9 }
    let xs = []
    for i in 0 ..< 20 { push(xs, rand(100)) }
    shuffle xs
    print xs, choose(xs)
    fork { print rand(1000) }
    print rand(5 ..< 9)
    wait
    """
  ),
]
