import ArgumentParser
import HostApp
import HostCore
import HostManifest

/// Which refused rows are meant, by what they have in common.
struct QuarantineFilter: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("An instrument, as AAPL.US or AAPL.", valueName: "instrument"))
    var instrument: String?

    @Option(name: .long, help: ArgumentHelp("A pipeline.", valueName: "id"))
    var pipeline: String?

    @Option(name: .long, help: ArgumentHelp("A route: the pipelines that take from it.", valueName: "id"))
    var route: String?

    @Option(name: .long, help: ArgumentHelp("The provider they came from.", valueName: "id"))
    var source: String?

    @Option(name: .long, help: ArgumentHelp("A reason, as price_jump.", valueName: "reason"))
    var reason: String?

    @Option(name: .long, help: ArgumentHelp("First day of the event times, UTC.", valueName: "yyyy-mm-dd"))
    var from: String?

    @Option(name: .long, help: ArgumentHelp("Last day of the event times, UTC.", valueName: "yyyy-mm-dd"))
    var to: String?

    @Option(name: .long, help: ArgumentHelp("Most rows.", valueName: "count"))
    var limit = 100

    /// Whether it leaves anything out.
    var isGiven: Bool { [instrument, pipeline, route, source, reason, from, to].contains { $0 != nil } }

    /// What is asked for; throws what is wrong with the options.
    func query(_ manifest: Manifest) throws -> QuarantineQuery {
        guard (1...10_000).contains(limit) else {
            throw ValidationError("'--limit' is \(limit); allowed 1...10000.")
        }
        var query = QuarantineQuery()
        query.pipelines = try scopes(manifest)
        (query.instrument, query.source, query.reason, query.limit) = (instrument, source, reason, limit)
        let range = (try time(from, "--from", isEnd: false) ?? .min, try time(to, "--to", isEnd: true) ?? .max)
        guard range.0 <= range.1 else { throw ValidationError("'--from' is after '--to'.") }
        query.range = range.0...range.1
        return query
    }

    /// The names under which pipelines keep rows: of what drives them, and of each input.
    private func scopes(_ manifest: Manifest) throws -> [String] {
        guard pipeline != nil || route != nil else { return [] }
        let all = manifest.pipelines.flatMap { declared in
            ([declared.drivingInput] + declared.inputs).map { input in
                (
                    pipeline: declared.id, route: input.route,
                    scope: input.name.isEmpty ? declared.id : "\(declared.id)/\(input.name)"
                )
            }
        }
        let found = all.filter { ($0.pipeline == pipeline || pipeline == nil) && ($0.route == route || route == nil) }
        guard !found.isEmpty else {
            throw HostError(
                exitCode: 2,
                "quarantine: no pipeline \(pipeline.map { "'\($0)' " } ?? "")\(route.map { "with the route '\($0)' " } ?? "")is in "
                    + "the manifest; its pipelines: \(manifest.pipelines.map(\.id).joined(separator: ", ")), their routes: "
                    + "\(Set(all.map(\.route)).sorted().joined(separator: ", ")).")
        }
        return found.map(\.scope)
    }

    private func time(_ text: String?, _ option: String, isEnd: Bool) throws -> Int64? {
        guard let text else { return nil }
        guard let time = EventTimeText.day(text, isEnd: isEnd) else {
            throw ValidationError("'\(option)' is '\(text)'; allowed a day as 2024-01-31.")
        }
        return time
    }
}

/// The refused rows that something is done with: by number, or all that match.
struct ChosenRows: ParsableArguments {
    @Argument(help: ArgumentHelp("Numbers of rows; or name what they have in common.", valueName: "id"))
    var ids: [Int64] = []

    @OptionGroup var filter: QuarantineFilter

    /// Does it, and tells what became of each row; throws where one was left as it is.
    func act(_ action: QuarantineSession.Action, _ shared: SharedOptions) async throws {
        guard ids.isEmpty == filter.isGiven else {
            throw ValidationError(
                "\(ids.isEmpty ? "No row is named" : "Rows are named by number and by what they have in common"); allowed are "
                    + "numbers of rows, or --instrument, --pipeline, --route, --source, --reason, --from, --to.")
        }
        let manifest = try shared.manifest(runsCode: false)
        let session = QuarantineSession(manifest)
        var rows = ids
        if rows.isEmpty { rows = try await session.list(try filter.query(manifest)).rows.map(\.id) }
        guard !rows.isEmpty else {
            throw HostError(
                exitCode: 1, "quarantine: no row matches. `penstock quarantine list` shows which there are.")
        }
        let outcome = try await session.act(action, rows)
        let word = action == .release ? "released" : "deleted"
        let count = outcome.done.count
        try shared.tell(outcome, count > 0 ? "\(count) row\(count == 1 ? "" : "s") \(word).\n" : "")
        guard !outcome.left.isEmpty else { return }
        for left in outcome.left { Output.fault(left.message) }
        throw ExitCode(1)
    }
}

extension QuarantineQuery {
    /// Rows by their numbers, released ones too.
    static func rows(_ ids: [Int64]) -> QuarantineQuery {
        var query = QuarantineQuery()
        (query.ids, query.hasReleased, query.limit) = (ids, true, ids.count)
        return query
    }
}
