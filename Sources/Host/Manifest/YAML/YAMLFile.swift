/// Reads small YAML files other than the manifest (`plugin.yaml`, `plugins.lock`) under the manifest's rules and limits.
package enum YAMLFile {
    /// Why a file gives no tree.
    package struct Failure: Error, CustomStringConvertible {
        /// Whether there is no such file.
        package let isMissing: Bool
        /// Each fault on a line: place, what is wrong, what to do.
        package let description: String
    }

    /// Returns the root of a file.
    ///
    /// - Parameters:
    ///   - path: the file; never a pipe or a device.
    ///   - name: how messages name it.
    ///   - limit: most bytes, up to 1 MiB.
    package static func read(_ path: String, name: String, limit: Int) throws(Failure) -> YAMLNode {
        let bytes: [UInt8]
        do {
            bytes = try SmallFile.read(path, limit: min(limit, SourceText.sizeLimit))
        } catch {
            throw Failure(
                isMissing: error.isMissing,
                description: "\(name): it cannot be read: \(error.reason). Check the path and its permissions.")
        }
        return try tree(of: bytes, name: name)
    }

    /// Returns the root of a text; throws every fault that is found in it.
    package static func tree(of bytes: [UInt8], name: String) throws(Failure) -> YAMLNode {
        let source = SourceText(bytes.count > SourceText.sizeLimit ? [] : bytes)
        let diagnosis = Diagnosis(file: name, source: source)
        do {
            try source.check(byteCount: bytes.count)
        } catch {
            diagnosis.fault(at: SourceSpan(start: error.mark, end: error.mark), error.message, hint: error.hint)
        }
        let root = diagnosis.isClean ? YAMLTreeBuilder.tree(of: source, reportingTo: diagnosis) : nil
        if diagnosis.isClean, root?.isEmpty ?? true { diagnosis.fault(at: .fileStart, "the file is empty.") }
        guard let root, diagnosis.isClean else {
            let lines = diagnosis.faults(.error).map { "\(name):\($0.line): \($0.text)" }
            throw Failure(isMissing: false, description: lines.joined(separator: "\n"))
        }
        return root
    }
}
