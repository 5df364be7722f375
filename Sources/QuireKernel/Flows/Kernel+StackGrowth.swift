// Stacks grow by faults below them, up to a limit and not into their neighbours (STACK-1 …
// STACK-3).

internal import KernelStorage

extension Kernel {
  /// How far below the stack pointer a program may touch: `pusha` and `enter` write before they
  /// move it.
  private static var reachBelowStack: UInt64 { 32 }

  /// Where the stack pointer of a task is: where the program has put it, else where it began.
  ///
  /// Only growth is judged by it, and only on processors that do (STACK-1).
  public func stackPointer(of task: TaskIndex) -> VirtualAddress {
    let pointer = tasks[task].stackPointer
    return pointer == Task.noStackPointer ? spaces[tasks[task].space].startStack : pointer
  }

  /// Moves the stack pointer of a task.
  ///
  /// Linux: `pt_regs.sp`, arch/x86/include/asm/ptrace.h.
  public mutating func setStackPointer(_ address: VirtualAddress, of task: TaskIndex) {
    tasks[task].stackPointer = address
  }

  /// Whether an access is too far below the stack pointer to be one to the stack (STACK-1).
  ///
  /// Linux: `do_page_fault` of 2.6.11, arch/i386/mm/fault.c.
  func isBelowStack(_ address: VirtualAddress, of task: TaskIndex) -> Bool {
    architectureRules.contains(.stackFollowsPointer)
      && address &+ Self.reachBelowStack < stackPointer(of: task)
  }

  /// Moves the start of a growsdown region down to a page; false when it must stay.
  ///
  /// Linux: `expand_downwards`, mm/mmap.c.
  mutating func grow(
    _ region: VMAIndex, downTo address: VirtualAddress, by task: TaskIndex
  ) -> Bool {
    let area = virtual.regions[region]
    let space = area.space
    if address < lowestChosenAddress { return false }
    if isTooCloseBelow(region, address) { return false }
    do { try prepareAnonVMA(of: region, by: task) } catch { return false }
    let growth = (area.start - address) >> Page.shift
    let pageOffset = virtual.regions.links[region.index].pageOffset
    if growth > pageOffset { return false }
    guard mayExpand(space, area.flags, by: growth, task),
      area.end - address <= tasks[task].limits.stack,
      mayLock(space, area.flags, growth, task)
    else { return false }
    // Only what unmapping gives back is charged; the kernel charges a read-only region's growth too
    // and never gives it back.
    if area.flags.contains(.account) {
      do { try charge(pages: growth, in: space, by: task) } catch { return false }
    }
    if area.flags.contains(.locked) { spaces[space].lockedPages += growth }
    spaces[space].account(area.flags, adding: growth)
    virtual.regions.setBounds(region, address, area.end, in: spaces[space].regions.top)
    virtual.regions.links[region.index].pageOffset = pageOffset - growth
    return true
  }

  /// Whether the region below is one that could be touched by mistake, and too near.
  private borrowing func isTooCloseBelow(_ region: VMAIndex, _ address: VirtualAddress) -> Bool {
    let below = virtual.regions.previous(region)
    if below.isNone { return false }
    let area = virtual.regions[below]
    return !area.flags.contains(.growsDown) && area.flags.isAccessible
      && address - area.end < layout.stackGuardGap
  }
}
