import Glibc
public import PluginKit

/// A library of the system that is opened when a plugin needs it, so that a missing one disables that plugin alone.
///
/// It stays open: such libraries own threads and global state that outlive any handle. Opening one again costs microseconds.
public struct SharedLibrary {
    private let handle: UnsafeMutableRawPointer
    private let name: String
    private let wanted: Wanted

    /// What is looked for, and what to do where it is missing.
    public struct Wanted: Sendable {
        /// The plugin, `kind/id`; begins every message.
        public let owner: String
        /// Name of the library in words: `libxgboost`.
        public let title: String
        /// Names and paths to try, in order.
        public let candidates: [String]
        /// The least version that will do: `1.7`.
        public let version: String
        /// A command that installs it.
        public let command: String

        /// Takes all of it.
        public init(owner: String, title: String, candidates: [String], version: String, command: String) {
            self.owner = owner
            self.title = title
            self.candidates = candidates
            self.version = version
            self.command = command
        }

        var remedy: String { "Install it: \(command)" }
    }

    /// Opens the library: the path given, or else the first of the candidates that opens.
    ///
    /// - Throws: `.environment` with the command that installs it.
    public init(_ wanted: Wanted, path: String? = nil) throws(PluginError) {
        self.wanted = wanted
        let candidates = path.map { [$0] } ?? wanted.candidates
        for name in candidates {
            guard let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) else { continue }
            (self.handle, self.name) = (handle, name)
            return
        }
        if let path {
            let reason = dlerror().map { String(cString: $0) } ?? "no reason given"
            throw PluginError(
                .environment,
                "\(wanted.owner): 'library' is \(PluginError.quoted(path)), which cannot be opened: "
                    + "\(PluginError.quoted(reason)). Correct the path, or remove 'library' to use the system's. "
                    + wanted.remedy)
        }
        throw PluginError(
            .environment,
            "\(wanted.owner): \(wanted.title) is not installed (tried \(candidates.joined(separator: ", "))). "
                + wanted.remedy)
    }

    /// Returns a function. Its type is a promise of the library's header, which keeps it from version to version.
    public func find<Function>(_ symbol: String) throws(PluginError) -> Function {
        guard let address = dlsym(handle, symbol) else {
            throw PluginError(
                .environment,
                "\(wanted.owner): \(PluginError.quoted(name)) has no function '\(symbol)'; needed is \(wanted.title) "
                    + "\(wanted.version) or newer. \(wanted.remedy)")
        }
        return unsafeBitCast(address, to: Function.self)
    }

    /// Where a library that a package of Python brings can lie: beside the executable, the system's, then in environments of
    /// Python, whose interpreter is never started: the active one, those beside the manifest and of installed plugins, the system's.
    ///
    /// - Parameters:
    ///   - library: its path among the packages: `lightgbm/lib/lib_lightgbm.so`; `*` in its name for any version.
    ///   - folder: that of the manifest.
    public static func inPythonPackage(_ library: String, _ folder: String) -> [String] {
        let name = library.split(separator: "/").last.map(String.init) ?? library
        let own = executableFolder.map { name.contains("*") ? matches("\($0)/\(name)") : ["\($0)/\(name)"] } ?? []
        let active = getenv("VIRTUAL_ENV").map { [String(cString: $0)] } ?? []
        let roots = active + ["\(folder)/.venv*", "\(folder)/plugins/*/.venv", "/usr/local", "/usr"]
        let patterns = roots.flatMap { root in
            ["lib/python3*/site-packages", "lib/python3*/dist-packages"].map { "\(root)/\($0)/\(library)" }
        }
        return own + [name.contains("*") ? name.replacing(".*", with: "") : name] + patterns.flatMap(matches)
    }

    private static func matches(_ pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
    }

    /// The folder of the running program, where a library may lie too.
    public static var executableFolder: String? {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0, let slash = buffer[..<count].lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return String(decoding: buffer[..<slash], as: UTF8.self)
    }
}
