/// Where a sink's `path` option leads: a folder with one file per kind of record, or one file.
public struct OutputPath: Sendable, Hashable {
    /// The folder the files are in.
    public let folder: String
    /// The one file's name; `nil` where each kind has its own.
    public let fileName: String?

    /// Reads a path: one that ends in one of the endings (`.csv`) is a file, any other a folder.
    public init(_ path: String, endings: [String]) {
        var path = path[...]
        while path.count > 1, path.last == "/" { path = path.dropLast() }
        let isFile = endings.contains { path.hasSuffix($0) } && !FilePaths.isFolder(String(path))
        folder = isFile ? FilePaths.folder(of: String(path)) : String(path)
        fileName = isFile ? path.split(separator: "/").last.map(String.init) : nil
    }
}
