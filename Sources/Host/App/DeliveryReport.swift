import HostCore
import PluginKit

/// What a pipeline that ended refused, and what it did not bring to its sinks.
struct DeliveryReport {
    private let snapshot: FlowSnapshot

    init(_ snapshot: FlowSnapshot) { self.snapshot = snapshot }

    /// A sentence for each sink that misses rows it should have, other than by its queue's policy, and for each that had rows
    /// and did not confirm them.
    var losses: [String] {
        snapshot.sinks.flatMap { sink in
            let lost = sink.dropped.filter { !$0.key.hasPrefix("queue_full") && $0.key != "unconfirmed" }
            let perhaps = sink.dropped["unconfirmed"]
            return [
                lost.isEmpty
                    ? nil
                    : "sink/\(sink.id): \(Self.share(lost, of: sink.offered)) were not delivered; the next run delivers them.",
                perhaps.map {
                    "sink/\(sink.id): \($0) of \(sink.offered) rows were given to it and not confirmed, so it may have them; "
                        + "the next run delivers them again."
                },
            ].compactMap { $0 }
        }
    }

    /// One sentence for each part that would not take rows.
    var refusals: [String] {
        let sinks = snapshot.sinks.filter { !$0.refused.isEmpty }.map { sink in
            "sink/\(sink.id): would not take \(Self.share(sink.refused, of: sink.offered))."
        }
        let before = snapshot.refusedBefore
        let earlier =
            before == 0
            ? []
            : [
                "pipeline/\(snapshot.pipeline): earlier runs refused \(before) row\(before == 1 ? "" : "s") of this data, which was "
                    + "not read again; `penstock quarantine list` shows them."
            ]
        guard !snapshot.rejected.isEmpty else { return sinks + earlier }
        return sinks + earlier + [
            "pipeline/\(snapshot.pipeline): refused \(Self.share(snapshot.rejected, of: snapshot.received)); "
                + "`penstock quarantine list` shows \(snapshot.omitted > 0 ? "the first of each reason" : "them")."
        ]
    }

    /// A sentence for each input of which events are in no bar, or that refused rows beside the driving one.
    var inputs: [String] {
        ([snapshot.driving] + snapshot.sides).flatMap { input -> [String] in
            let who = "pipeline/\(snapshot.pipeline)\(input.name.isEmpty ? "" : ": inputs.\(input.name)")"
            let unused = input.unused.filter { $0.key != "repeated" }
            return [
                unused.isEmpty
                    ? nil
                    : "\(who): \(Self.share(unused, of: input.accepted)) are in no bar: they came after it had closed, or while "
                        + "the venue was closed.",
                input.name.isEmpty || input.rejected.isEmpty
                    ? nil : "\(who): refused \(Self.share(input.rejected, of: input.received)).",
            ].compactMap(\.self)
        }
    }

    /// A sentence where most of an instrument was refused, or all of the newest rows; `name` gives an instrument's name.
    func failures(_ name: (InstrumentID) -> Instrument) -> [String] {
        guard snapshot.accepted > 0, !snapshot.mostlyRefused.isEmpty else { return [] }
        return [RefusalShare.message(snapshot.pipeline, snapshot.mostlyRefused.map(name))]
    }

    /// A sentence where rows came and none was any good, in this run or in those before: of what is stored the last event goes
    /// through the pipeline again, so that nothing was accepted means that nothing ever was.
    var emptiness: [String] {
        let rows = snapshot.received + snapshot.refusedBefore
        guard rows > 0, snapshot.accepted == 0 else { return [] }
        return [
            "pipeline/\(snapshot.pipeline): none of \(rows) rows was accepted, so there is no result. Correct the "
                + "data, or how the provider is told to read it."
        ]
    }

    private static func share(_ counts: some Sequence<(key: String, value: Int)>, of all: Int) -> String {
        let reasons = counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return "\(counts.reduce(0) { $0 + $1.value }) of \(all) rows (\(reasons.joined(separator: ", ")))"
    }
}
