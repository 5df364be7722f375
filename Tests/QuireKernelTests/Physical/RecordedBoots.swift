@testable import QuireKernel

/// What Linux 6.1 and 6.12 showed after booting with some sizes of RAM, without NUMA.
struct RecordedBoot: Sendable {
  struct RecordedZone: Sendable {
    var kind: ZoneKind
    var start: Int
    var spanned: Int
    var present: Int
    var managed: Int
    /// min, low, high
    var marks: [Int]
    /// Reserve against requests for DMA, DMA32, Normal and Movable.
    var protection: [Int]

    init(
      _ kind: ZoneKind, start: Int, spanned: Int, present: Int, managed: Int, marks: [Int],
      protection: [Int]
    ) {
      self.kind = kind
      self.start = start
      self.spanned = spanned
      self.present = present
      self.managed = managed
      self.marks = marks
      self.protection = protection
    }
  }

  var name: String
  var minFreeKilobytes: Int
  var zones: [RecordedZone]

  static let all = [
    RecordedBoot(
      name: "61-1024m-nothp", minFreeKilobytes: 3960,
      zones: [
        RecordedZone(
          .dma, start: 1, spanned: 4095, present: 3998, managed: 3840, marks: [15, 18, 21],
          protection: [0, 948, 948, 948]),
        RecordedZone(
          .dma32, start: 4096, spanned: 258016, present: 258016, managed: 245316,
          marks: [974, 1217, 1460], protection: [0, 0, 0, 0]),
      ]),
    RecordedBoot(
      name: "61-1024m-smp4", minFreeKilobytes: 45056,
      zones: [
        RecordedZone(
          .dma, start: 1, spanned: 4095, present: 3998, managed: 3840, marks: [175, 218, 261],
          protection: [0, 947, 947, 947]),
        RecordedZone(
          .dma32, start: 4096, spanned: 258016, present: 258016, managed: 245133,
          marks: [11088, 13860, 16632], protection: [0, 0, 0, 0]),
      ]),
    RecordedBoot(
      name: "61-1024m", minFreeKilobytes: 45056,
      zones: [
        RecordedZone(
          .dma, start: 1, spanned: 4095, present: 3998, managed: 3840, marks: [175, 218, 261],
          protection: [0, 948, 948, 948]),
        RecordedZone(
          .dma32, start: 4096, spanned: 258016, present: 258016, managed: 245316,
          marks: [11088, 13860, 16632], protection: [0, 0, 0, 0]),
      ]),
    RecordedBoot(
      name: "61-128m-nothp", minFreeKilobytes: 1164,
      zones: [
        RecordedZone(
          .dma, start: 1, spanned: 4095, present: 3998, managed: 3840, marks: [52, 65, 78],
          protection: [0, 67, 67, 67]),
        RecordedZone(
          .dma32, start: 4096, spanned: 28640, present: 28640, managed: 19860,
          marks: [238, 297, 356], protection: [0, 0, 0, 0]),
      ]),
    RecordedBoot(
      name: "61-128m", minFreeKilobytes: 1164,
      zones: [
        RecordedZone(
          .dma, start: 1, spanned: 4095, present: 3998, managed: 3840, marks: [52, 65, 78],
          protection: [0, 67, 67, 67]),
        RecordedZone(
          .dma32, start: 4096, spanned: 28640, present: 28640, managed: 19860,
          marks: [238, 297, 356], protection: [0, 0, 0, 0]),
      ]),
    RecordedBoot(
      name: "61-4096m-nothp", minFreeKilobytes: 7996,
      zones: [
        RecordedZone(
          .dma, start: 1, spanned: 4095, present: 3998, managed: 3840, marks: [7, 10, 13],
          protection: [0, 2950, 3903, 3903]),
        RecordedZone(
          .dma32, start: 4096, spanned: 1_044_480, present: 782304, managed: 757817,
          marks: [1505, 2260, 3015], protection: [0, 0, 952, 952]),
        RecordedZone(
          .normal, start: 1_048_576, spanned: 262144, present: 262144, managed: 243912,
          marks: [486, 729, 972], protection: [0, 0, 0, 0]),
      ]),
    RecordedBoot(
      name: "61-4096m", minFreeKilobytes: 67584,
      zones: [
        RecordedZone(
          .dma, start: 1, spanned: 4095, present: 3998, managed: 3840, marks: [64, 80, 96],
          protection: [0, 2950, 3903, 3903]),
        RecordedZone(
          .dma32, start: 4096, spanned: 1_044_480, present: 782304, managed: 757817,
          marks: [12722, 15902, 19082], protection: [0, 0, 952, 952]),
        RecordedZone(
          .normal, start: 1_048_576, spanned: 262144, present: 262144, managed: 243912,
          marks: [4108, 5135, 6162], protection: [0, 0, 0, 0]),
      ]),
    RecordedBoot(
      name: "61-512m-nothp", minFreeKilobytes: 2745,
      zones: [
        RecordedZone(
          .dma, start: 1, spanned: 4095, present: 3998, managed: 3840, marks: [22, 27, 32],
          protection: [0, 445, 445, 445]),
        RecordedZone(
          .dma32, start: 4096, spanned: 126944, present: 126944, managed: 116484,
          marks: [663, 828, 993], protection: [0, 0, 0, 0]),
      ]),
    RecordedBoot(
      name: "61-512m", minFreeKilobytes: 2745,
      zones: [
        RecordedZone(
          .dma, start: 1, spanned: 4095, present: 3998, managed: 3840, marks: [22, 27, 32],
          protection: [0, 445, 445, 445]),
        RecordedZone(
          .dma32, start: 4096, spanned: 126944, present: 126944, managed: 116484,
          marks: [663, 828, 993], protection: [0, 0, 0, 0]),
      ]),
    RecordedBoot(
      name: "612-1024m", minFreeKilobytes: 45056,
      zones: [
        RecordedZone(
          .dma, start: 1, spanned: 4095, present: 3998, managed: 3840, marks: [176, 220, 264],
          protection: [0, 944, 944, 944]),
        RecordedZone(
          .dma32, start: 4096, spanned: 258016, present: 258016, managed: 244002,
          marks: [11087, 13858, 16629], protection: [0, 0, 0, 0]),
      ]),
    RecordedBoot(
      name: "612-256m-nothp", minFreeKilobytes: 1830,
      zones: [
        RecordedZone(
          .dma, start: 1, spanned: 4095, present: 3998, managed: 3840, marks: [33, 41, 49],
          protection: [0, 189, 189, 189]),
        RecordedZone(
          .dma32, start: 4096, spanned: 61408, present: 61408, managed: 50754,
          marks: [423, 528, 633], protection: [0, 0, 0, 0]),
      ]),
  ]
}
