import FoundationEssentials
import Glibc
import TestSupport

/// Files as tests need them.
enum Files {
    /// The content as text, nothing where there is no file; bytes that are no UTF-8 are replaced.
    static func text(_ path: String) -> String { String(decoding: bytes(path), as: UTF8.self) }

    /// The content, nothing where there is no file.
    static func bytes(_ path: String) -> [UInt8] { (try? Data(contentsOf: URL(filePath: path))).map(Array.init) ?? [] }

    /// Writes bytes, replacing what is there.
    static func write(_ bytes: [UInt8], to path: String) throws { try Data(bytes).write(to: URL(filePath: path)) }

    /// Writes a text, replacing what is there.
    static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

    /// Whether there is anything at a path.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The names in a folder, sorted.
    static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    /// Every regular file under a folder with its content, by its path relative to the folder.
    static func tree(_ folder: String) -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        for name in names(in: folder) {
            let path = "\(folder)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                for (inner, bytes) in tree(path) { found["\(name)/\(inner)"] = bytes }
            } else if status.st_mode & S_IFMT == S_IFREG {
                found[name] = bytes(path)
            }
        }
        return found
    }
}

/// The program under test and the repository it was built from.
enum Program {
    /// The built `penstock`: it lies beside the running test bundle.
    static let path: String = {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let own = String(decoding: buffer[0..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folders = [own, CommandLine.arguments.first ?? ""].map { folder(of: $0) }
        return folders.map { "\($0)/penstock" }.first { access($0, X_OK) == 0 } ?? "\(folders[0])/penstock"
    }()

    /// The number of a core this process may use.
    static let firstCore: String = {
        let lines = Files.text("/proc/self/status").split(separator: "\n")
        let list = lines.first { $0.hasPrefix("Cpus_allowed_list:") } ?? ""
        return String(list.drop { !$0.isNumber }.prefix { $0.isNumber })
    }()

    /// The repository's root.
    static let repository = Repository.root

    /// Real A-share data beside the repository; absent on most machines.
    static let aShares = "\(Repository.market)/qbot_a_share_daily"

    /// Whether libxgboost can be opened here.
    static let hasXGBoost = ["libxgboost.so", "libxgboost.so.0"].contains { (name: String) in
        dlopen(name, RTLD_NOW | RTLD_LOCAL) != nil
    }

    /// Where the programs were built.
    static let folder = folder(of: path)

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}
