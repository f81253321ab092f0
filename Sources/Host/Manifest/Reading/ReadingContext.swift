import Dispatch
import PluginKit
import Synchronization

/// What every part of one load shares: what was found wrong, and where values from outside come from.
final class ReadingContext {
    /// What was found wrong.
    let diagnosis: Diagnosis
    /// Replaces references in texts.
    let substitution: Substitution
    /// The plugins.
    private(set) var catalogue: PluginCatalogue
    /// Where plugins nobody compiled in are; the defaults until `host` was read.
    private(set) var settings: PluginSettings
    /// Which programs are waited for.
    let awaited: AwaitedPrograms
    /// Instances, as `kind/id`, whose program has not said whether their options are right, and has to.
    private(set) var unanswered: [String] = []
    private let finder: (any PluginFinder)?
    private var hasLooked = false
    /// How long programs that are not waited for have, all of them together.
    private var patience = Duration.seconds(2)

    /// Creates a context for one load.
    init(
        diagnosis: Diagnosis, substitution: Substitution, catalogue: PluginCatalogue, finder: (any PluginFinder)?,
        settings: PluginSettings, awaited: AwaitedPrograms = .all
    ) {
        self.diagnosis = diagnosis
        self.substitution = substitution
        self.catalogue = catalogue
        self.finder = finder
        self.settings = settings
        self.awaited = awaited
    }

    /// Adds the plugins of the plugin folder to the catalogue, once; `new` are the settings of the manifest.
    func findPlugins(_ new: PluginSettings? = nil) {
        guard !hasLooked else { return }
        hasLooked = true
        settings = new ?? settings
        guard let found = finder?.plugins(settings), !found.isEmpty else { return }
        catalogue = PluginCatalogue(catalogue.plugins + found)
        diagnosis.secretNames = catalogue.secretNames
    }

    /// Returns the plugin of a program that an instance names itself.
    func plugin(_ program: InlineProgram, _ kind: PluginKind) throws(PluginError) -> PluginType {
        guard let finder else {
            throw PluginError(.unsupported, "\(program) cannot be opened here; allowed the name of a plugin.")
        }
        return try finder.plugin(program, kind: kind, settings)
    }

    /// Asks a program that is not waited for what is wrong with options; `nil` where it does not say so in time.
    func faults(of plugin: PluginType, _ options: Configuration) -> [ConfigurationFault]? {
        guard patience > .zero else { return nil }
        let start = ContinuousClock.now
        let answer = Mutex<[ConfigurationFault]?>(nil)
        let isAnswered = DispatchSemaphore(value: 0)
        // One that hangs is left behind; the deadlines of its calls end it.
        DispatchQueue.global().async {
            let faults = plugin.validate(options)
            answer.withLock { $0 = faults }
            isAnswered.signal()
        }
        let milliseconds = patience.components.seconds * 1_000 + patience.components.attoseconds / 1_000_000_000_000_000
        _ = isAnswered.wait(timeout: .now() + .milliseconds(Int(milliseconds)))
        patience -= start.duration(to: .now)
        return answer.withLock { $0 }
    }

    /// Notes an instance that has to be asked once more.
    func lacksAnswer(_ instance: String) { unanswered.append(instance) }

    /// Returns an entry of a mapping whose keys are free, or reports a key that is no id.
    func isID(_ entry: YAMLMapping.Entry, of section: ManifestSection) -> Bool {
        let isID = Self.isID(entry.key)
        if !isID {
            diagnosis.fault(
                at: entry.keySpan,
                "\(section.rawValue): the id \(quoted(entry.key)) is not allowed; "
                    + "allowed a-z, 0-9 and _, a letter first, at most 64.",
                hint: Self.idHint(entry.key))
        }
        return isID
    }

    /// Whether a text is written like an id.
    static func isID(_ text: String) -> Bool {
        let bytes = text.utf8
        return (1...64).contains(bytes.count) && bytes.first.map { $0 >= 0x61 && $0 <= 0x7A } == true
            && bytes.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x5F }
    }

    private static func idHint(_ key: String) -> String {
        let folded = key.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? String($0) : "_" }.joined()
        guard let first = folded.first, first.isLetter, folded.utf8.count <= 64 else { return "Choose another id." }
        return "Write \(folded)."
    }
}
