package import PluginKit
import Synchronization

/// Opens plugins that are Swift libraries: checks them first, opens a private copy, keeps it open for good.
///
/// A copy with a number of its own (`run/libTokyo.3.so`) is opened, so the installed file can be replaced while the host
/// runs, and a new content is a new library. The same content is opened once. What a library does inside the host is not
/// contained: a trap in it ends the host, so this tier is for trusted code.
package final class DynamicLoader: Sendable {
    /// What the name of an entry starts with.
    static let entryPrefix = "penstock_plugin_"
    /// Most bytes of a library.
    static let sizeLimit = 256 << 20

    private let runFolder: String
    private let state = Mutex(State())

    private struct State {
        var generation = 0
        var opened: [OpenedKey: [PluginType]] = [:]
    }

    private struct OpenedKey: Hashable {
        let name: String
        let digest: ContentDigest
    }

    /// Creates a loader that keeps its copies in the folder `run` of the host's state folder.
    package init(stateFolder: String) { runFolder = "\(stateFolder)/run" }

    /// How many different libraries were opened.
    package var count: Int { state.withLock { $0.opened.count } }

    /// Throws why a library does not fit this host, where it does not; none of its code runs.
    package static func examine(_ path: String) throws(PluginFault) {
        let name = PluginError.quoted(path)
        let image = try ELFImage(try TrustedFile.read(path, limit: sizeLimit), name: name)
        try LibraryGates(name: name).check(image, entry: entryPrefix + moduleName(path))
    }

    /// Opens a library and returns the plugins it exports, as plugins of the dynamic tier.
    ///
    /// Refuses, before any code of the library runs, what is no library for this machine, what others can change, what
    /// has no entry, what was built with another kit or compiler, and what is not the content that was locked.
    ///
    /// - Parameters:
    ///   - path: the library, `lib<Name>.so`; its entry is `penstock_plugin_<Name>`.
    ///   - digest: the content that is allowed; `nil` for any.
    package func load(_ path: String, expecting digest: ContentDigest? = nil) throws(PluginFault) -> [PluginType] {
        let name = PluginError.quoted(path)
        let bytes = try TrustedFile.read(path, limit: Self.sizeLimit)
        let found = ContentDigest(of: bytes)
        if let digest, digest != found {
            throw PluginFault(
                .notLocked,
                "\(name): its digest is \(found); locked is \(digest). If the change is wanted, run `penstock plugins "
                    + "lock`.")
        }
        let module = try Self.moduleName(path)
        let key = OpenedKey(name: module, digest: found)
        if let known = state.withLock({ $0.opened[key] }) { return known }
        let image = try ELFImage(bytes, name: name)
        let gates = LibraryGates(name: name)
        try gates.check(image, entry: Self.entryPrefix + module)
        let generation = state.withLock { state in
            state.generation += 1
            return state.generation
        }
        let copy = "\(runFolder)/lib\(module).\(generation).so"
        try RunFolder.write(bytes, to: copy, folder: runFolder)
        let plugins = try open(copy, entry: Self.entryPrefix + module, gates: gates)
        return state.withLock { state in
            if let known = state.opened[key] { return known }
            state.opened[key] = plugins
            return plugins
        }
    }

    private func open(_ copy: String, entry: String, gates: LibraryGates) throws(PluginFault) -> [PluginType] {
        let module: PluginModule?
        do {
            module = try SharedLibrary.open(copy, entry: entry)
        } catch {
            throw PluginFault(
                .unloadable,
                "\(gates.name): the system does not open it: \(PluginError.quoted(error.reason)). Build it on this "
                    + "machine, and install the libraries it needs.")
        }
        guard let module else { throw gates.duplicated }
        return module.plugins.map(Self.dynamic)
    }

    private static func dynamic(_ type: PluginType) -> PluginType {
        PluginType(
            descriptor: type.descriptor, tier: .dynamic, typeName: type.typeName, maker: type.maker,
            outputs: { type.outputs($0) }, validate: { type.validate($0) })
    }

    /// Returns `Tokyo` for `plugins/libTokyo.so`.
    static func moduleName(_ path: String) throws(PluginFault) -> String {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        let module = String(file.dropFirst(3).prefix { $0 != "." })
        guard file.hasPrefix("lib"), file.hasSuffix(".so"), (1...64).contains(module.utf8.count),
            module.utf8.allSatisfy({ isWord($0) })
        else {
            throw PluginFault(
                .notALibrary,
                "\(PluginError.quoted(path)): it is not named like a library; allowed lib<Name>.so with letters, digits "
                    + "and '_'. Rename it after its module.")
        }
        return module
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
