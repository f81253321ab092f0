import PluginKit

/// Pushes the events of opened files in order of event time, ties by instrument id; or file by file.
///
/// Each file keeps its own order: an event that is older than the one before it in its file is pushed when it comes.
struct HistoryReplay<Rows: EventRows> {
    private var files: HistoryFiles<Rows>
    private let options: HistoryOptions
    private let receiver: any EventReceiver
    /// Progress of files an earlier stream knew and this one could not open; kept for the next.
    private let carried: [String: FileProgress]
    private var order: CursorHeap<Rows>
    private var events: [Rows.Event] = []
    private var defects: [Defect] = []
    private var eventTime: Int64 = 0
    private var hasDelivered = false
    /// Whether it is a fault where there is nothing but faults.
    private let mustRead: Bool

    init(
        _ files: HistoryFiles<Rows>, _ options: HistoryOptions, _ receiver: any EventReceiver,
        after position: HistoryPosition?, mustRead: Bool = true
    ) {
        self.mustRead = mustRead
        self.files = files
        self.options = options
        self.receiver = receiver
        let keys = Set(files.cursors.map(\.key))
        carried = position?.files.filter { !keys.contains($0.key) } ?? [:]
        eventTime = position?.eventTime ?? 0
        order = CursorHeap([], isByTime: options.isByTime)
        defects = self.files.takeDefects()
    }

    /// Pushes until the files end; paces by the clock.
    mutating func run(clock: any Clock<Duration>) async throws(PluginError) {
        // Not generic over the clock: the loop is compiled for each kind of rows alone.
        var pacer = pacing(by: clock)
        let isPaced = options.pace != .full
        var stepTime: Int64?
        try await begin()
        while let cursor = order.first, let event = cursor.head {
            if isPaced, event.time != stepTime {
                stepTime = event.time
                try await flush()
                do { try await pacer.wait(for: event.time) } catch { throw options.cancelled }
            }
            events.append(event)
            if !cursor.others.isEmpty { events += cursor.others }
            eventTime = event.time
            try await advance(cursor)
            order.firstChanged()
            if events.count >= options.batchSize || defects.count >= options.batchSize { try await flush() }
        }
        try await finish()
    }

    private func pacing(by clock: some Clock<Duration>) -> any Pacing { Pacer(options.pace, clock) }

    /// How far each file was read.
    var position: HistoryPosition {
        var all = carried
        for cursor in files.cursors { all[cursor.key] = cursor.progress }
        return HistoryPosition(eventTime: eventTime, files: all)
    }

    /// What was given of each file, where that is kept.
    var given: [String: GivenRows] { files.cursors.reduce(into: [:]) { $0[$1.key] = $1.given } }

    /// Instruments whose file ended in a line without an end that was held back.
    var cut: Set<InstrumentID> { files.cursors.reduce(into: []) { if $1.hasCutEnd { $0.formUnion($1.instruments) } } }

    /// The files of these.
    var cutPlaces: [String] { files.cursors.filter(\.hasCutEnd).map(\.place) }

    /// Goes to the first event of each file; throws where there is nothing but faults.
    private mutating func begin() async throws(PluginError) {
        for cursor in files.cursors {
            try await advance(cursor)
            try files.checkRows(of: cursor)
            defects += files.takeDefects()
            if defects.count >= options.batchSize { try await flush() }
        }
        order = CursorHeap(files.cursors, isByTime: options.isByTime)
        if mustRead, !hasDelivered { try files.throwIfNothingIsReadable(defects) }
    }

    private mutating func advance(_ cursor: EventCursor<Rows>) async throws(PluginError) {
        while true {
            let isSettled: Bool
            do throws(FileFault) { isSettled = try cursor.advance(&defects) } catch {
                try await flush()
                try files.fail(error)
                defects += files.takeDefects()
                return
            }
            if isSettled { return }
            if !events.isEmpty || defects.count >= options.batchSize { try await flush() }
        }
    }

    private mutating func finish() async throws(PluginError) {
        try files.noteMissing()
        if mustRead, !hasDelivered, events.isEmpty { try files.throwIfNothingIsReadable(defects) }
        defects += files.takeDefects()
        try await flush()
    }

    /// Hands on what gathered, with the position after it.
    private mutating func flush() async throws(PluginError) {
        if Task.isCancelled { throw options.cancelled }
        guard !events.isEmpty || !defects.isEmpty else { return }
        let delivery = Delivery(
            batch: Rows.Event.batch(events),
            position: HistoryPosition.text(eventTime: eventTime, files.cursors, carried),
            defects: defects)
        events = []
        defects = []
        events.reserveCapacity(options.batchSize)
        hasDelivered = true
        try await receiver.receive(delivery)
    }
}

/// The cursors by their next event: binary heap over event time, then instrument id.
///
/// The smallest stays at the root; when its event is pushed it moves down to its new place, which costs the logarithm of
/// the number of cursors. Cursors at their end leave. Where the order is not by time each is read to its end.
private struct CursorHeap<Rows: EventRows> {
    private var cursors: [EventCursor<Rows>]
    private let isByTime: Bool

    init(_ all: [EventCursor<Rows>], isByTime: Bool) {
        self.isByTime = isByTime
        cursors = all.filter { $0.head != nil }
        guard isByTime else {
            cursors.reverse()
            return
        }
        for index in stride(from: cursors.count / 2 - 1, through: 0, by: -1) { moveDown(from: index) }
    }

    /// The cursor whose event is next.
    var first: EventCursor<Rows>? { isByTime ? cursors.first : cursors.last }

    /// Restores the order after the first cursor went on.
    mutating func firstChanged() {
        guard isByTime else {
            if cursors.last?.head == nil { cursors.removeLast() }
            return
        }
        if cursors[0].head == nil {
            cursors.swapAt(0, cursors.count - 1)
            cursors.removeLast()
        }
        moveDown(from: 0)
    }

    private mutating func moveDown(from start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < cursors.count && isBefore(child, least) {
                least = child
            }
            if least == parent { return }
            cursors.swapAt(parent, least)
            parent = least
        }
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        guard let first = cursors[left].head, let second = cursors[right].head else { return false }
        return first.time != second.time ? first.time < second.time : first.instrument < second.instrument
    }
}
