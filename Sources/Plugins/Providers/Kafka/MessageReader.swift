import CivilTime
import JSONReading
import KafkaClient
import PluginKit
import TimeZones

/// Turns messages into deliveries of events of one kind.
struct MessageReader<Event: MarketEvent & Record> {
    /// What a message is: an event, nothing that was asked for, or a defect.
    private enum Meaning {
        case event(Event)
        case other
        case defect(Defect)
    }

    private let columns: MessageColumns<Event>
    private let topic: String
    private let stream: String
    private let timeframe: JSONName?
    private let kind: JSONName?
    private let wanted: [Instrument: InstrumentID]
    private var known: [JSONName: InstrumentID?] = [:]
    private var reached: [Int32: Int64] = [:]

    init(_ subscription: Subscription, _ columns: [String: String], topic: String, stream: String) {
        self.columns = MessageColumns(columns)
        self.topic = topic
        self.stream = stream
        timeframe = Event.kind == .bar ? JSONName(subscription.timeframe.description) : nil
        kind = JSONName(Event.recordKind.rawValue)
        wanted = Dictionary(subscription.instruments.map { ($0.instrument, $0.id) }, uniquingKeysWith: { $1 })
    }

    /// Returns the deliveries of what was read, cut before each defect, and what cannot be read.
    mutating func deliveries(of found: FoundMessages) -> (deliveries: [Delivery], letters: [DeadLetter]) {
        var deliveries: [Delivery] = []
        var letters: [DeadLetter] = []
        var events: [Event] = []
        var defects: [Defect] = []
        events.reserveCapacity(found.messages.count)
        for message in found.messages {
            switch meaning(of: message) {
            case .event(let event): events.append(event)
            case .other: break
            case .defect(let defect):
                if !events.isEmpty {
                    deliveries.append(Delivery(batch: Event.batch(events), position: position, defects: defects))
                    (events, defects) = ([], [])
                }
                defects.append(defect)
                letters.append(
                    DeadLetter(
                        message: message, topic: topic, defect: defect, time: ISO8601.format(WallClock.now())))
            }
            reached[message.partition] = message.offset + 1
        }
        let moved = reached != found.reached
        reached = found.reached
        // A position of messages that nobody asked for is told too: else they would be read again and again.
        if !events.isEmpty || !defects.isEmpty || moved || !found.messages.isEmpty {
            deliveries.append(Delivery(batch: Event.batch(events), position: position, defects: defects))
        }
        return (deliveries, letters)
    }

    private var position: StreamPosition { GroupPosition(stream: stream, offsets: reached).position }

    private mutating func meaning(of message: KafkaMessage) -> Meaning {
        // A message without a value stands for a deletion: there is nothing to read.
        guard !message.value.isEmpty else { return .other }
        var draft = Draft()
        do throws(PluginError) {
            try read(message.value, &draft)
        } catch {
            return defect(message, "unreadable_message", error.message)
        }
        guard draft.isAsked else { return .other }
        if !draft.hasInstrument {
            guard let id = instrument(String(decoding: message.key, as: UTF8.self)) else {
                return message.key.isEmpty
                    ? defect(message, "missing_instrument", "neither 'instrument' nor a key is there.") : .other
            }
            draft.set(id)
        }
        guard draft.instrument != nil else { return .other }
        let missing = columns.missing(draft.given)
        guard missing.isEmpty else {
            return defect(message, "missing_column", "'\(missing.joined(separator: "', '"))' is not there.")
        }
        return .event(draft.event)
    }

    /// What is read of one message so far.
    private struct Draft {
        var event = Event.blank
        var given: UInt64 = 0
        var isAsked = true
        var hasInstrument = false
        var instrument: InstrumentID?

        mutating func set(_ id: InstrumentID?) {
            (hasInstrument, instrument) = (true, id)
            guard let id else { return }
            for column in Event.columns { if case .instrument(_, let set) = column.access { set(&event, id) } }
        }
    }

    private mutating func read(_ bytes: [UInt8], _ draft: inout Draft) throws(PluginError) {
        var scanner = JSONScanner(bytes, JSONSubject("the message", remedy: "Correct its sender."))
        try scanner.fields { (name, scanner) throws(PluginError) in
            switch columns[name] {
            case nil: try scanner.skip()
            case .kind?: if try scanner.shortText() != kind { draft.isAsked = false }
            case .timeframe?:
                let given = try scanner.shortText()
                if let timeframe, given != timeframe { draft.isAsked = false }
            case .instrument?: try readInstrument(&scanner, &draft)
            case .flags?: draft.event.flags = try Self.flags(&scanner)
            case .column(let place)?:
                if try Self.set(place, &draft.event, &scanner) { draft.given |= 1 << UInt64(place) }
            }
        }
        try scanner.end()
    }

    private mutating func readInstrument(_ scanner: inout JSONScanner, _ draft: inout Draft) throws(PluginError) {
        if scanner.takeNull() { return }
        var again = scanner
        guard let name = try scanner.shortText() else {
            draft.set(instrument(try again.string()))
            return
        }
        if let id = known[name] { return draft.set(id) }
        let id = instrument(name.description)
        if known.count < 100_000 { known[name] = .some(id) }
        draft.set(id)
    }

    private func instrument(_ text: String) -> InstrumentID? {
        (try? Instrument(parsing: text)).flatMap { wanted[$0] }
    }

    /// Sets a column; returns whether there was a value.
    private static func set(
        _ place: Int, _ event: inout Event, _ scanner: inout JSONScanner
    ) throws(PluginError) -> Bool {
        if scanner.takeNull() { return false }
        switch Event.columns[place].access {
        case .time(_, let set): set(&event, try time(&scanner))
        case .integer(_, let set): set(&event, try scanner.whole())
        case .real(_, let set): set(&event, try scanner.decimal())
        case .name(_, let set):
            let text = try scanner.string()
            guard let name = FigureName(text) else {
                throw scanner.fault("a name of 1 to 24 of a-z, 0-9 and _ was expected")
            }
            set(&event, name)
        case .word(let words, _, let set):
            let text = try scanner.string()
            guard let word = words.firstIndex(of: text) else {
                throw scanner.fault("one of \(words.joined(separator: ", ")) was expected")
            }
            set(&event, UInt8(word))
        case .reals(let names, _, let set):
            var levels: [(place: Int, value: Double)] = []
            try scanner.object { (name, scanner) throws(PluginError) in
                guard let place = names.firstIndex(where: { $0.name == name }) else { return try scanner.skip() }
                if !scanner.takeNull() { levels.append((place, try scanner.decimal())) }
            }
            // A level's price comes before its size, and levels best first.
            for level in levels.sorted(by: { $0.place < $1.place }) { set(&event, level.place, level.value) }
        case .text, .instrument, .flags: try scanner.skip()
        }
        return true
    }

    /// Reads an instant: a text, or a count of seconds, milli-, micro- or nanoseconds since the Unix epoch, told by its length.
    private static func time(_ scanner: inout JSONScanner) throws(PluginError) -> Int64 {
        let text = try scanner.start() == .text ? scanner.string() : scanner.numberText()
        if let time = ISO8601.parse(text) { return time }
        let bytes = Array(text.utf8)
        if let written = TimePattern.detect(bytes.span)?.parse(bytes.span), written.hasTimeOfDay,
            let time = written.instant(in: .utc)
        {
            return time
        }
        throw scanner.fault("a time was expected, and it is \(PluginError.quoted(text))")
    }

    /// The flags that a source may set.
    private static func flags(_ scanner: inout JSONScanner) throws(PluginError) -> EventFlags {
        var flags: EventFlags = []
        guard scanner.start() == .array else {
            try scanner.skip()
            return flags
        }
        try scanner.array { (scanner) throws(PluginError) in
            switch try scanner.string() {
            case "partial": flags.insert(.partial)
            case "adjusted": flags.insert(.adjusted)
            case "suspect": flags.insert(.suspect)
            case "filled": flags.insert(.filled)
            default: break
            }
        }
        return flags
    }

    private func defect(_ message: KafkaMessage, _ reason: String, _ why: String) -> Meaning {
        let key = String(decoding: message.key, as: UTF8.self)
        return .defect(
            Defect(
                instrument: key.isEmpty ? nil : instrument(key),
                place: "\(topic)/\(message.partition):\(message.offset)",
                reason: reason, message: why, raw: String(decoding: message.value.prefix(800), as: UTF8.self)))
    }
}
