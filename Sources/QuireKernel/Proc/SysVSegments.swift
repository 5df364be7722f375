// /proc/sysvipc/shm: the segments of System V shared memory, in the order of their places.

internal import KernelStorage

extension Kernel {
  /// The text of /proc/sysvipc/shm.
  ///
  /// Everybody is of group 0.
  /// Linux: `sysvipc_shm_proc_show`, ipc/shm.c.
  public borrowing func sysvSegmentsText() -> String {
    var text =
      "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid"
      + "      atime      dtime      ctime                   rss                  swap\n"
    var place = 0
    while let found = segment(fromPlace: place) {
      text += line(of: found.segment) + "\n"
      place = found.place + 1
    }
    return text
  }

  private borrowing func line(of segment: SharedSegment) -> String {
    let user = UInt64(segment.owner)
    let object = virtual.objects[segment.object]
    let mode = String(segment.mode.rawValue, radix: 8)
    var line = ProcColumn.right(segment.key, 10) + " "
    line += ProcColumn.right(segment.identifier, 10) + "  " + ProcColumn.right(mode, 4)
    line += " " + ProcColumn.right(segment.size, 21)
    for process in [segment.creator, segment.lastUser] {
      line += " " + ProcColumn.right(process, 5)
    }
    line += "  " + ProcColumn.right(segment.attachCount, 5)
    for number in [user, 0, user, 0] { line += " " + ProcColumn.right(number, 5) }
    for time in [segment.attachTime, segment.detachTime, segment.changeTime] {
      line += " " + ProcColumn.right(time, 10)
    }
    for pages in [object.residentPages, object.swappedPages] {
      line += " " + ProcColumn.right(pages << Page.shift, 21)
    }
    return line
  }
}
