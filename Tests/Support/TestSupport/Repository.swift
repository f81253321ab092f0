import FoundationEssentials
import Glibc

/// The files of this repository.
package enum Repository {
    /// The folder that `Package.swift` is in.
    package static let root: String = {
        let file = realpath(#filePath, nil).map { pointer in
            defer { free(pointer) }
            return String(cString: pointer)
        }
        return (file ?? #filePath).split(separator: "/").dropLast(4).reduce("") { "\($0)/\($1)" }
    }()
    /// Bars the repository ships.
    package static let history = "\(root)/data/history"
    /// Market data beside the repository; absent on most machines.
    package static let market = "\(root)/../shared/data/market"
    package static let hasMarket = FileManager.default.fileExists(atPath: market)

    /// Returns the text of a file.
    package static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: "\(root)/\(path)")), as: UTF8.self)
    }

    /// Replaces the text of a file.
    package static func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(root)/\(path)"))
    }

    /// Whether there is a file or folder.
    package static func has(_ path: String) -> Bool { FileManager.default.fileExists(atPath: "\(root)/\(path)") }

    /// Returns the names in a folder that do not begin with a dot, sorted; none where there is no such folder.
    package static func names(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)")) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted()
    }

    /// Returns the paths of all files with an ending under a folder, build folders left out.
    package static func files(under folder: String, ending: String) -> [String] {
        names(in: folder).flatMap { name -> [String] in
            let path = "\(folder)/\(name)"
            return name.hasSuffix(ending) ? [path] : name.contains(".") ? [] : files(under: path, ending: ending)
        }
    }
}
