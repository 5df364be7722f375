// What the simulated kernel refuses, by the kernel's own names and numbers.

/// An error number of the simulated kernel.
///
/// Linux: include/uapi/asm-generic/errno-base.h and errno.h.
public enum Errno: Int32, Error, CaseIterable, Hashable, Sendable, BitwiseCopyable {
  case EPERM = 1
  case ENOENT = 2
  case ESRCH = 3
  case EINTR = 4
  case EIO = 5
  case E2BIG = 7
  case ENOEXEC = 8
  case EBADF = 9
  case ECHILD = 10
  case EAGAIN = 11
  case ENOMEM = 12
  case EACCES = 13
  case EFAULT = 14
  case EBUSY = 16
  case EEXIST = 17
  case ENODEV = 19
  case ENOTDIR = 20
  case EINVAL = 22
  case EMFILE = 24
  case ETXTBSY = 26
  case EFBIG = 27
  case ENOSPC = 28
  case ESPIPE = 29
  case EPIPE = 32
  case EDEADLK = 35
  case ENOSYS = 38
  case EIDRM = 43
  case EOVERFLOW = 75
  case ELIBBAD = 80
  case EOPNOTSUPP = 95

  /// The name as in errno.h: "ENOMEM".
  public var name: String { String(describing: self) }

  /// The number of the name, or nil: `Errno(name: "EINVAL")`.
  public init?(name: String) {
    guard let match = Errno.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }

  /// The sentence that perror(3) would print.
  public var message: String {
    switch self {
    case .EPERM: "operation not permitted"
    case .ENOENT: "no such file or directory"
    case .ESRCH: "no such process"
    case .EINTR: "interrupted by a signal"
    case .EIO: "input/output error"
    case .E2BIG: "argument list too long"
    case .ENOEXEC: "not an executable image"
    case .EBADF: "bad file descriptor"
    case .ECHILD: "no child processes"
    case .EAGAIN: "resource temporarily unavailable"
    case .ENOMEM: "cannot allocate memory"
    case .EACCES: "permission denied"
    case .EFAULT: "bad address"
    case .EBUSY: "device or resource busy"
    case .EEXIST: "already exists"
    case .ENODEV: "no such device"
    case .ENOTDIR: "not a directory"
    case .EINVAL: "invalid argument"
    case .EMFILE: "too many open files"
    case .ETXTBSY: "text file busy"
    case .EFBIG: "file too large"
    case .ENOSPC: "no space left on device"
    case .ESPIPE: "no place to seek to"
    case .EPIPE: "nobody reads the pipe"
    case .EDEADLK: "resource deadlock avoided"
    case .ENOSYS: "function not implemented"
    case .EIDRM: "identifier removed"
    case .EOVERFLOW: "value too large"
    case .ELIBBAD: "not a program that loads others"
    case .EOPNOTSUPP: "operation not supported"
    }
  }
}
