// The entries of the cost table by the names that a machine block uses.

package import QuireKernel

/// One figure of `Costs`.
package enum CostName: String, CaseIterable, Sendable {
  case step
  case systemCall = "system_call"
  case access
  case minorFault = "minor_fault"
  case pageCopy = "page_copy"
  case fork
  case entryCopy = "entry_copy"
  case pageScan = "page_scan"
  case diskLatency = "disk_latency"
  case diskPage = "disk_page"
  case taskSwitch = "task_switch"
}

extension Costs {
  package subscript(name: CostName) -> Nanoseconds {
    get { self[keyPath: Self.field(name)] }
    set { self[keyPath: Self.field(name)] = newValue }
  }

  private static func field(_ name: CostName) -> WritableKeyPath<Costs, Nanoseconds> {
    switch name {
    case .step: \.step
    case .systemCall: \.systemCall
    case .access: \.access
    case .minorFault: \.minorFault
    case .pageCopy: \.pageCopy
    case .fork: \.fork
    case .entryCopy: \.entryCopy
    case .pageScan: \.pageScan
    case .diskLatency: \.diskLatency
    case .diskPage: \.diskPage
    case .taskSwitch: \.taskSwitch
    }
  }
}
