import CivilTime
import EventTiming
import HTTPFetch
public import PluginKit

extension AkShare {
    /// Pushes trades as Eastmoney streams them: those of the day so far, then each as it comes.
    ///
    /// Goes on after the position within a day. Throws `.badRequest` where Eastmoney is not among the sources, `.banned` where it
    /// refuses this address.
    public func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
        guard subscription.kind == .trade else {
            throw PluginError(
                .unsupported,
                "\(owner): does not push \(subscription.kind.rawValue) events. Route this to another provider.")
        }
        guard let eastmoney = sources.lazy.compactMap({ $0 as? Eastmoney }).first else {
            throw PluginError(
                .badRequest,
                "\(owner): trades are pushed by Eastmoney alone, and 'sources' is \(sources.map(\.name)). Add eastmoney, in mode native."
            )
        }
        let marks = try TapePosition.read(subscription.resumeAfter, owner)
        let targets = try RowTarget.all(subscription.instruments, owner: owner)
        if let foreign = targets.first(where: { !eastmoney.covers($0.reference.instrument) }) {
            throw PluginError(
                .notFound,
                "\(owner): '\(foreign.reference.instrument)' is no share it can ask for; allowed are codes of six digits at SH, SZ and BJ. "
                    + "Route it to another provider.")
        }
        let tapes = targets.map { ShareTape($0, after: marks[$0.reference.instrument.description]) }
        guard subscription.waitsForMore else { return try await giveWhatThereIs(tapes, into: receiver) }
        if let wait = rests.wait(eastmoney.name, now: WallClock.now()) { throw resting(eastmoney, wait) }
        var stream = ShareTradeStream(tapes, owner: owner, into: receiver) { self.refusal(of: eastmoney, $0) }
        try await streams.run(targets.map { eastmoney.tradeStream($0.reference.instrument) }, &stream)
    }

    /// Pushes the trades of the day so far.
    private func giveWhatThereIs(
        _ tapes: [ShareTape], into receiver: any EventReceiver
    ) async throws(PluginError) {
        var tapes = tapes
        let reply = try await fetch(FetchRequest(.trade, of: tapes.map(\.target.reference)))
        let all = try reply.events(Trade.self)
        var trades: [Trade] = []
        for index in tapes.indices {
            let id = tapes[index].target.reference.id
            trades += tapes[index].fresh(all.filter { $0.instrument == id }, isWhole: true)
        }
        try await receiver.receive(
            Delivery(batch: .trades(trades), position: TapePosition.text(tapes), defects: reply.defects))
    }
}
