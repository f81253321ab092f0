import ArgumentParser
import Builtin
import HostApp
import HostManifest
import PluginKit

/// `penstock data import`: files into the store.
struct DataImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take files of bars, or of another kind of event, into the store.",
        discussion: """
            CSV and other delimited text, plain, gzip or zip, SQLite and Parquet, as provider/local_history reads them. Rows are checked as those of \
            the pipeline they are stored for; what is refused rests in quarantine. What is stored already is left as it is, so an \
            import that was interrupted is begun again. Needs a state folder on which no host runs.
            """)

    @OptionGroup var shared: SharedOptions

    @Argument(
        help: ArgumentHelp("Files, or folders with a file an instrument.", valueName: "file"), completion: .file())
    var files: [String]

    @Option(name: .long, help: ArgumentHelp("The pipeline they are stored for; default: the first.", valueName: "id"))
    var pipeline: String?

    @Option(name: .long, help: ArgumentHelp("Kind of event; default: the pipeline's.", valueName: "kind"))
    var kind: String?

    @Option(name: .long, help: ArgumentHelp("Span of the bars; default: the pipeline's.", valueName: "timeframe"))
    var timeframe: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Whose files they are, as tushare or yahoo; default: by their columns.", valueName: "name"))
    var preset: String?

    @Option(
        name: .long,
        help: ArgumentHelp("A local_history of the manifest: they are read with its options.", valueName: "provider"))
    var like: String?

    @Option(
        name: .long, help: ArgumentHelp("Whose rows they are, where the file does not say.", valueName: "instrument"))
    var instrument: String?

    func run() async throws {
        let manifest = try shared.manifest(runsCode: false)
        guard let reader = shared.availablePlugins().all.first(where: { $0.descriptor.id == "provider/local_history" })
        else { throw HostError(exitCode: 2, "data import: there is no provider/local_history.") }
        let plan = try plan(manifest, reader)
        let told = try instrument.map { text in
            do { return try Instrument(parsing: text) } catch { throw ValidationError("'--instrument': \(error)") }
        }
        let importing = try DataImport(manifest, plan, reader: reader) { Output.warning($0) }
        var reports: [DataImport.Report] = []
        for file in files {
            do throws(PluginError) {
                let report = try await importing.run(file, of: told, found: found(file, plan)) { rows in
                    Output.progress("\(file): \(rows) rows so far")
                }
                reports.append(report)
                if !shared.json { Output.write(report.text) }
            } catch {
                throw HostError(exitCode: error.exitCode, error.message)
            }
        }
        do throws(PluginError) { try await importing.keepMark() } catch {
            throw HostError(exitCode: error.exitCode, error.message)
        }
        if shared.json { try Output.json(reports) }
    }

    /// The preset and encoding that a file of bars calls for, told; nothing where the command line says how it is written.
    private func found(_ file: String, _ plan: DataImport.Plan) throws(PluginError) -> [String: ConfigurationValue] {
        guard plan.kind == .bar, preset == nil, like == nil else { return [:] }
        let data: FoundData
        do throws(PluginError) { data = try Builtin.look(into: file) } catch {
            guard error.code == .configuration else { return [:] }
            throw PluginError(error.code, "data import: '\(file)': \(error.message)")
        }
        let options = data.options.filter { $0.name != "adjust" }
        guard !options.isEmpty else { return [:] }
        let text = options.map { "\($0.name): \($0.value)" }.joined(separator: ", ")
        Output.progress("\(file): its columns call for \(text); it is read so.")
        return Dictionary(uniqueKeysWithValues: options.map { ($0.name, .text($0.value)) })
    }

    private func plan(_ manifest: Manifest, _ reader: PluginType) throws -> DataImport.Plan {
        let named = pipeline ?? manifest.pipelines.first?.id ?? ""
        guard let own = manifest.pipelines.first(where: { $0.id == named }) else {
            throw HostError(
                exitCode: 2,
                "data import: no pipeline '\(named)' in \(shared.config); its pipelines: "
                    + "\(manifest.pipelines.map(\.id).joined(separator: ", ")).")
        }
        let kind = kind ?? own.drivingInput.kind.rawValue
        guard let kind = EventKind(rawValue: kind) else {
            throw ValidationError(
                "'--kind' is '\(kind)'; allowed \(EventKind.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        guard let span = timeframe.map(Timeframe.init) ?? own.drivingInput.timeframe else {
            throw ValidationError(
                "'--timeframe' is '\(timeframe ?? "")'; allowed a count and s, m, h, d, w or mo, as 5m.")
        }
        return DataImport.Plan(pipeline: own, kind: kind, timeframe: span, options: try options(manifest, reader))
    }

    private func options(_ manifest: Manifest, _ reader: PluginType) throws -> [String: ConfigurationValue] {
        var options: [String: ConfigurationValue] = [:]
        if let like {
            let providers = manifest.providers.map(\.instance).filter { $0.descriptor.id == reader.descriptor.id }
            guard let instance = providers.first(where: { $0.id == like }) else {
                throw HostError(
                    exitCode: 2,
                    "data import: '--like' is '\(like)'; allowed a provider of local_history: "
                        + "\(providers.map(\.id).joined(separator: ", ")).")
            }
            options = instance.configuration.values
        }
        guard let preset else { return options }
        if case .choice(let names)? = reader.descriptor.schema.options.first(where: { $0.name == "preset" })?.type,
            !names.contains(preset)
        {
            throw ValidationError("'--preset' is '\(preset)'; allowed \(names.joined(separator: ", ")).")
        }
        options["preset"] = .text(preset)
        return options
    }
}

extension DataImport.Report {
    /// What became of the file in a line.
    var text: String {
        let reasons = refused.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        let rate = seconds > 0 ? Int(Double(rows) / seconds) : rows
        return
            "\(file): \(rows) rows of \(instruments) instruments in \(Int((seconds * 1_000).rounded())) ms, \(rate) rows/s: "
            + "\(accepted) are stored in pipeline \(pipeline)" + (revised > 0 ? ", \(revised) in place of others" : "")
            + (reasons.isEmpty ? "" : "; refused: \(reasons)") + ".\n"
    }
}
