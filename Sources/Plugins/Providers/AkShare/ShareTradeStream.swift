import EventTiming
import HTTPFetch
import JSONReading
import PluginKit

/// Makes trades of what Eastmoney streams, and pushes them: a stream for each share.
struct ShareTradeStream: EventListener {
    private let owner: String
    private let receiver: any EventReceiver
    private let refusal: @Sendable (PluginError) -> PluginError
    private var tapes: [ShareTape]
    private var isFirst: [Bool]
    private var hasAnswered: [Bool]
    private var isUnknown: [Bool]
    private var trades: [Trade] = []
    private var defects: [Defect] = []
    /// Whether the host was told that the stream waits for more.
    private var isCaughtUp = false

    /// - Parameter refusal: says of a fault what it means at this source.
    init(
        _ tapes: [ShareTape], owner: String, into receiver: any EventReceiver,
        refusal: @escaping @Sendable (PluginError) -> PluginError
    ) {
        self.tapes = tapes
        self.owner = owner
        self.receiver = receiver
        self.refusal = refusal
        isFirst = tapes.map { _ in true }
        hasAnswered = tapes.map { _ in false }
        isUnknown = hasAnswered
    }

    mutating func opened(_ stream: Int) async throws(PluginError) { isFirst[stream] = true }

    mutating func received(_ events: [ServerEvent], from stream: Int) async throws(PluginError) {
        for event in events { take(event, stream) }
    }

    mutating func lost(_ stream: Int, _ fault: PluginError) -> PluginError { refusal(fault) }

    mutating func flush() async throws(PluginError) {
        if !trades.isEmpty || !defects.isEmpty {
            let delivery = Delivery(batch: .trades(trades), position: TapePosition.text(tapes), defects: defects)
            (trades, defects) = ([], [])
            try await receiver.receive(delivery)
        }
        if !isCaughtUp, !hasAnswered.contains(false) {
            isCaughtUp = true
            await receiver.caughtUp()
        }
    }

    private mutating func take(_ event: ServerEvent, _ stream: Int) {
        let reference = tapes[stream].target.reference
        hasAnswered[stream] = true
        guard let root = try? JSONNode(event.data, JSONSubject("")), case .object = root else {
            return refuse(event, reference, "unreadable_message", "the message is no JSON object.")
        }
        let data = root["data"]
        guard case .object = data else {
            // Before the first trade of a day there is none.
            guard root["rc"].integer != 0, !isUnknown[stream] else { return }
            isUnknown[stream] = true
            return refuse(event, reference, "not_found", "Eastmoney does not know this share; check the symbol.")
        }
        if let code = data["code"].scalar, code != reference.instrument.code {
            return refuse(event, reference, "wrong_symbol", "the message is about \(PluginError.quoted(code)).")
        }
        let (rows, unreadable) = EastmoneyTrades.rows(data)
        let isWhole = isFirst[stream] || root["full"].integer == 1
        let isRepeated = isWhole && tapes[stream].mark != nil
        if !isRepeated { defects += unreadable.map { EastmoneyTrades.defect($0, reference.id, place: "stream") } }
        let all = ShareTape.trades(rows, tapes[stream].target, now: event.arrival)
        trades += tapes[stream].fresh(all, isWhole: isWhole)
        isFirst[stream] = false
    }

    private mutating func refuse(
        _ event: ServerEvent, _ reference: InstrumentReference, _ reason: String, _ message: String
    ) {
        defects.append(
            Defect(
                instrument: reference.id, place: "stream", reason: reason, message: message,
                raw: String(decoding: event.data.prefix(200), as: UTF8.self)))
    }
}
