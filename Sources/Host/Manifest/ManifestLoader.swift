package import PluginKit

/// Reads `plugins.yaml` and checks everything that can be checked without I/O to the outside.
///
/// ```swift
/// let result = ManifestLoader(plugins: Builtin.plugins).load(path: "plugins.yaml", environment: environment)
/// guard let manifest = result.manifest else { print(result.report); exit(2) }
/// ```
package struct ManifestLoader: Sendable {
    /// The plugins a manifest can name.
    package let catalogue: PluginCatalogue
    private let finder: (any PluginFinder)?
    private let awaited: AwaitedPrograms
    private let secrets: [SecretPlace]

    /// Creates a loader for a set of plugins.
    ///
    /// - Parameters:
    ///   - finder: finds further plugins, in the folder that the manifest names; `nil` for none.
    ///   - awaited: which programs of plugins are waited for until they say whether their options are right.
    ///   - secrets: where `${secret:NAME}` looks besides the environment and files.
    package init(
        plugins: [PluginType], finder: (any PluginFinder)? = nil, awaiting awaited: AwaitedPrograms = .all,
        secrets: [SecretPlace] = []
    ) {
        catalogue = PluginCatalogue(with: plugins)
        self.finder = finder
        self.awaited = awaited
        self.secrets = secrets
    }

    /// Reads a file; a file that is missing, unreadable, empty or too large is a fault like any other.
    ///
    /// - Parameter other: the file in whose place it stands: relative paths start from its folder, and the manifest has its
    ///   name. Faults name the file that was read.
    package func load(path: String, asIf other: String? = nil, environment: [String: String]) -> ManifestResult {
        let folder = Self.folder(of: other ?? path)
        do {
            let bytes = try SmallFile.read(path, limit: SourceText.sizeLimit)
            let other = other ?? path
            return load(bytes, file: other, from: path, environment: environment, baseDirectory: folder)
        } catch {
            let diagnosis = Diagnosis(file: path, source: SourceText([]))
            diagnosis.fault(
                at: .fileStart, "the manifest cannot be read: \(error.reason).",
                hint: error.isMissing ? "`penstock init` makes one." : "Check the path and its permissions.")
            return result(nil, makeContext(diagnosis, [:], folder.isEmpty ? "/" : folder))
        }
    }

    /// Returns the bytes of a manifest's file; throws where it cannot be read or is too large.
    package static func bytes(of path: String) throws -> [UInt8] {
        try SmallFile.read(path, limit: SourceText.sizeLimit)
    }

    /// Reads bytes as if they were the content of a file.
    package func load(_ bytes: [UInt8], asIf path: String, environment: [String: String]) -> ManifestResult {
        load(bytes, file: path, environment: environment, baseDirectory: Self.folder(of: path))
    }

    private static func folder(of path: String) -> String {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        return folder.isEmpty ? "/" : folder
    }

    /// Reads a text.
    ///
    /// - Parameters:
    ///   - text: the manifest.
    ///   - file: how messages name it.
    ///   - environment: what `${env:NAME}` and `${secret:NAME}` read.
    ///   - baseDirectory: the folder that relative paths start from.
    package func load(
        text: String, file: String = "plugins.yaml", environment: [String: String] = [:], baseDirectory: String = "."
    ) -> ManifestResult {
        load(Array(text.utf8), file: file, environment: environment, baseDirectory: baseDirectory)
    }

    /// Reads bytes from anywhere; whatever they are, the result is a manifest or a list of faults.
    package func load(
        _ bytes: [UInt8], file: String, from path: String? = nil, environment: [String: String], baseDirectory: String
    ) -> ManifestResult {
        let source = SourceText(bytes.count > SourceText.sizeLimit ? [] : bytes)
        let diagnosis = Diagnosis(file: path ?? file, source: source, secretNames: catalogue.secretNames)
        for defect in catalogue.defects { diagnosis.fault(at: .fileStart, defect, hint: "Correct the plugin.") }
        let context = makeContext(diagnosis, environment, baseDirectory)
        guard let root = tree(bytes, source, diagnosis), let drafts = DocumentReader(context: context).read(root) else {
            return result(nil, context)
        }
        let index = DraftIndex(drafts.assumingColumns(), diagnosis: diagnosis)
        var manifest = ManifestBuilder(file: file, baseDirectory: baseDirectory, index: index).build()
        manifest.unanswered = context.unanswered
        if diagnosis.isClean {
            PlaceCheck(index: index, manifest: manifest).run()
            UnusedCheck(index: index, manifest: manifest).run()
        }
        return result(manifest, context)
    }

    private func makeContext(
        _ diagnosis: Diagnosis, _ environment: [String: String], _ baseDirectory: String
    ) -> ReadingContext {
        ReadingContext(
            diagnosis: diagnosis,
            substitution: Substitution(environment: environment, baseDirectory: baseDirectory, places: secrets),
            catalogue: catalogue,
            finder: finder, settings: HostReader.settings(nil, baseDirectory: baseDirectory), awaited: awaited)
    }

    private func tree(_ bytes: [UInt8], _ source: SourceText, _ diagnosis: Diagnosis) -> YAMLNode? {
        do {
            try source.check(byteCount: bytes.count)
        } catch {
            diagnosis.fault(at: SourceSpan(start: error.mark, end: error.mark), error.message, hint: error.hint)
            return nil
        }
        let root = YAMLTreeBuilder.tree(of: source, reportingTo: diagnosis)
        if diagnosis.isClean, root?.isEmpty ?? true {
            diagnosis.fault(at: .fileStart, "the manifest is empty.", hint: "`penstock init` makes one.")
            return nil
        }
        return root
    }

    private func result(_ manifest: Manifest?, _ context: ReadingContext) -> ManifestResult {
        context.findPlugins()
        let diagnosis = context.diagnosis
        return ManifestResult(
            manifest: diagnosis.isClean ? manifest : nil, faults: diagnosis.faults(.error),
            warnings: diagnosis.faults(.warning), plugins: context.catalogue.plugins)
    }
}
