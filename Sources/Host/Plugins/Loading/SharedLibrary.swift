import Glibc
import PluginKit

/// Opens a library and calls its entry; the one file that crosses to code nobody checked at compile time.
///
/// A library is never closed: after `dlclose` of a Swift image the next dynamic cast anywhere in the process crashes.
/// The entry is called as the C function it is declared to be; that its result is an object of the kit's class is checked
/// by the cast, which is `nil` where the library brings a copy of the kit.
enum SharedLibrary {
    private typealias Entry = @convention(c) () -> UnsafeMutableRawPointer

    /// Returns what the library exports; `nil` where it brings a copy of the kit. Throws the system's words.
    static func open(_ path: String, entry: String) throws(Failure) -> PluginModule? {
        guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE), let symbol = dlsym(handle, entry) else {
            throw Failure(reason: dlerror().map { String(cString: $0) } ?? "no reason is given")
        }
        let function = unsafeBitCast(symbol, to: Entry.self)
        let object = Unmanaged<AnyObject>.fromOpaque(function()).takeRetainedValue()
        return object as? PluginModule
    }

    /// Why the system does not open a library.
    struct Failure: Error {
        /// In the system's words.
        let reason: String
    }
}
