import Glibc
public import PluginKit

/// Turns an error number of the system into what a user can act on.
public enum SystemFault {
    /// Returns a `.environment` error that names who, the path, the fault and the remedy.
    ///
    /// - Parameters:
    ///   - number: `errno` of the call.
    ///   - who: begins the message: `sink/keep`.
    ///   - action: what could not be done: `written`, `opened`.
    ///   - path: the file or folder.
    public static func error(_ number: Int32, who: String, action: String, path: String) -> PluginError {
        PluginError(
            .environment,
            "\(who): \(PluginError.quoted(path)) cannot be \(action): \(text(number)). \(remedy(number))")
    }

    /// Returns the system's words for an error number.
    public static func text(_ number: Int32) -> String { String(cString: strerror(number)) }

    private static func remedy(_ number: Int32) -> String {
        switch number {
        case ENOSPC, EDQUOT: "What was stored before is whole. Free space, or choose a path on another disk."
        case EFBIG: "What was stored before is whole. Raise the limit of the file size (ulimit -f), or rotate files."
        case EACCES, EPERM: "Give this user the right to write there, or choose another path."
        case EROFS: "The file system can only be read. Choose a path that can be written."
        case ENOTDIR, EISDIR: "Part of the path is a file where a folder is wanted, or the reverse. Choose another."
        case ENOENT: "A folder of the path is missing. Create it, or choose another path."
        case EIO: "The device has a fault. Look at the system log (dmesg) and choose a path on another disk."
        case EMFILE, ENFILE: "Raise the limit of open files (ulimit -n)."
        case EPIPE: "Whoever read it is gone. Start it again."
        default: "Choose another path."
        }
    }
}
