extension ManifestEditor {
    /// Enables or disables an instance in a file, atomically; a file that needs no change is not touched.
    package static func setEnabled(_ isEnabled: Bool, instance: String, path: String) throws(Refusal) -> Edit {
        let edit = try ManifestEditor(file: path).setEnabled(isEnabled, instance: instance, in: try read(path))
        guard edit.isChanged else { return edit }
        do {
            try AtomicFile.write(edit.text, to: path)
        } catch {
            throw Refusal(description: error.description)
        }
        return edit
    }

    /// Returns the instances that a file names, right or not.
    package static func instances(path: String) throws(Refusal) -> [Named] {
        try ManifestEditor(file: path).instances(in: try read(path))
    }

    private static func read(_ path: String) throws(Refusal) -> String {
        let bytes: [UInt8]
        do {
            bytes = try SmallFile.read(path, limit: SourceText.sizeLimit)
        } catch {
            throw Refusal(
                description: "\(path): the manifest cannot be read: \(error.reason). "
                    + (error.isMissing ? "`penstock init` makes one." : "Check the path and its permissions."))
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Refusal(description: "\(path): the manifest is not UTF-8. Save it as UTF-8.")
        }
        return text
    }
}
