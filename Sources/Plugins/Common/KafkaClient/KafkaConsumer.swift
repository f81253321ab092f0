import CLibRdKafka
package import CallQueue
package import PluginKit

/// Reads a topic as a member of a consumer group; says when what it read is done with, and only that is committed.
///
/// Used from one thread. Partitions move between members one by one (cooperative), and what a member had noted is committed
/// before it gives them up.
package final class KafkaConsumer {
    /// Settings that no option changes: nothing counts as read before it is noted, and little is fetched ahead.
    package static let settings: [(name: String, value: String)] = [
        ("enable.auto.commit", "true"), ("auto.commit.interval.ms", "1000"), ("enable.auto.offset.store", "false"),
        ("enable.partition.eof", "true"),
        ("allow.auto.create.topics", "false"), ("queued.max.messages.kbytes", "16384"),
    ]

    /// Settings that brokers may not know: partitions move one by one.
    package static let defaults: [(name: String, value: String)] = [
        ("partition.assignment.strategy", "cooperative-sticky")
    ]

    /// What callbacks note; they are called from `take` and `close` only.
    private final class Notes {
        let library: KafkaLibrary
        var assigned: Set<Int32> = []
        var ended: Set<Int32> = []
        var reached: [Int32: Int64] = [:]
        /// How far partitions were handed on, also such that another member has now.
        var taken: [Int32: Int64]
        var fault: (code: Int32, words: String)?

        init(_ library: KafkaLibrary, _ taken: [Int32: Int64]) {
            self.library = library
            self.taken = taken
        }
    }

    /// The topic.
    package let topic: String
    private let library: KafkaLibrary
    private let handle: KafkaLibrary.Handle
    private let faults: KafkaFaults
    private let notes: Notes
    private var noted: [Int32: Int64] = [:]
    private var isHeld = false
    /// What came while nothing was wanted: of a partition that was given meanwhile.
    private var early: [KafkaMessage] = []

    /// Joins the group; nothing is connected yet.
    ///
    /// - Parameter taken: offsets before which the host has everything; it goes on there where the group's are older.
    package init(
        _ library: KafkaLibrary, _ settings: KafkaSettings, topic: String, after taken: [Int32: Int64] = [:]
    ) throws(PluginError) {
        self.library = library
        self.topic = topic
        faults = settings.faults
        notes = Notes(library, taken)
        let configuration = try settings.make(library)
        library.setOwner(configuration, Unmanaged.passUnretained(notes).toOpaque())
        library.setRebalance(configuration) { handle, code, places, owner in
            guard let handle, let owner else { return }
            let notes = Unmanaged<Notes>.fromOpaque(owner).takeUnretainedValue()
            KafkaConsumer.change(handle, isMore: code == KafkaFaults.Code.assigned, places, notes)
        }
        library.setFault(configuration) { _, code, words, owner in
            guard let owner, KafkaFaults.Code.isOutage(code) else { return }
            let notes = Unmanaged<Notes>.fromOpaque(owner).takeUnretainedValue()
            if code == KafkaFaults.Code.allBrokersDown, notes.fault != nil { return }
            notes.fault = (code, words.map { String(cString: $0) } ?? "no reason given")
        }
        handle = try library.client(1, configuration, faults)
        _ = library.joinQueues(handle)
        let code = Self.withPlaces(library, topic, [-1: 0]) { library.subscribe(handle, $0) }
        guard code == 0 else { throw faults.error(code, library.words(code), about: topic) }
    }

    deinit {
        // Leaves the group; what was noted is committed first.
        _ = library.close(handle)
        library.destroy(handle)
    }

    /// How far it has read: the offset after the last message of each partition it has.
    package var reached: [Int32: Int64] { notes.reached }

    /// Whether it has partitions, and has read each to its end.
    package var isAtEnd: Bool { !notes.assigned.isEmpty && notes.ended.isSuperset(of: notes.assigned) && early.isEmpty }

    /// How many messages of its partitions it has not read; those that were not fetched from yet count as read.
    package var backlog: Int {
        notes.reached.reduce(0) { sum, next in
            var (low, high): (Int64, Int64) = (0, 0)
            guard library.watermarks(handle, topic, next.key, &low, &high) == 0 else { return sum }
            return sum + Int(max(0, high - max(low, next.value)))
        }
    }

    /// Returns what there is, at most so many messages; none where nothing came within 0.1 s or an end was reached.
    package func read(atMost most: Int, _ limit: CallLimit) throws(PluginError) -> [KafkaMessage] {
        if isHeld {
            isHeld = false
            _ = Self.withPlaces(library, topic, all) { library.resume(handle, $0) }
        }
        var messages = early
        early = []
        while messages.count < most {
            guard try take(waiting: messages.isEmpty ? 100 : 0, &messages) else { break }
        }
        try limit.check("\(faults.who): Kafka", "Ask again.")
        return messages
    }

    /// Stays a member of the group while nothing is wanted.
    package func hold() throws(PluginError) {
        isHeld = true
        // All of them each time: one that was given meanwhile is not paused.
        _ = Self.withPlaces(library, topic, all) { library.pause(handle, $0) }
        while try take(waiting: 0, &early) {}
    }

    /// Notes that all before these offsets is done with; it is committed within a second, and when the group is left.
    package func note(_ offsets: [Int32: Int64]) {
        let news = offsets.filter { notes.assigned.contains($0.key) && noted[$0.key] ?? -1 < $0.value }
        guard !news.isEmpty else { return }
        // One that another member has by now is refused, and that member's to note.
        _ = Self.withPlaces(library, topic, news) { library.storeOffsets(handle, $0) }
        noted.merge(news) { $1 }
    }

    private var all: [Int32: Int64] { Dictionary(uniqueKeysWithValues: notes.assigned.map { ($0, 0) }) }

    /// Takes a message, or a word of the library; returns whether there was any.
    private func take(waiting milliseconds: Int32, _ messages: inout [KafkaMessage]) throws(PluginError) -> Bool {
        guard let found = library.take(handle, milliseconds) else {
            if let fault = notes.fault { throw faults.error(fault.code, fault.words) }
            return false
        }
        defer { library.dropMessage(found) }
        let message = found.pointee
        if message.error == KafkaFaults.Code.endOfPartition {
            notes.ended.insert(message.partition)
            // Without a message of its own, the place where the partition ends is where it is read to.
            notes.reached[message.partition] = max(notes.reached[message.partition] ?? 0, message.offset)
            return true
        }
        guard message.error == 0 else { throw faults.error(message.error, library.words(message.error), about: topic) }
        notes.ended.remove(message.partition)
        notes.reached[message.partition] = message.offset + 1
        notes.taken[message.partition] = message.offset + 1
        messages.append(
            KafkaMessage(
                partition: message.partition, offset: message.offset, key: Self.bytes(message.key, message.key_count),
                value: Self.bytes(message.payload, message.count)))
        return true
    }

    private static func bytes(_ start: UnsafeRawPointer?, _ count: Int) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    }

    private static func change(
        _ handle: KafkaLibrary.Handle, isMore: Bool, _ places: KafkaLibrary.Places?, _ notes: Notes
    ) {
        let changed = Set((0..<Int(places?.pointee.count ?? 0)).compactMap { places?.pointee.elements[$0].partition })
        let library = notes.library
        if isMore, let places { goOn(handle, places, notes) }
        if library.protocolName(handle).map({ String(cString: $0) }) == "COOPERATIVE" {
            let error = isMore ? library.assignMore(handle, places) : library.assignLess(handle, places)
            if let error { library.dropError(error) }
        } else {
            _ = library.assign(handle, isMore ? places : nil)
        }
        notes.assigned = isMore ? notes.assigned.union(changed) : notes.assigned.subtracting(changed)
        notes.ended.subtract(changed)
        notes.reached = notes.reached.filter { notes.assigned.contains($0.key) && !changed.contains($0.key) }
    }

    /// Lets partitions begin where this member had them, unless others came further.
    private static func goOn(_ handle: KafkaLibrary.Handle, _ places: KafkaLibrary.Places, _ notes: Notes) {
        let places = places.pointee
        let known = (0..<Int(places.count)).filter { notes.taken[places.elements[$0].partition] != nil }
        guard !known.isEmpty, let asked = notes.library.makePlaces(Int32(known.count)) else { return }
        defer { notes.library.dropPlaces(asked) }
        for index in known {
            _ = notes.library.addPlace(asked, places.elements[index].topic, places.elements[index].partition)
        }
        let isTold = notes.library.committed(handle, asked, 10_000) == 0
        for (row, index) in known.enumerated() {
            let committed = isTold ? asked.pointee.elements[row].offset : -1
            let taken = notes.taken[places.elements[index].partition] ?? -1
            if taken > committed { places.elements[index].offset = taken }
        }
    }

    private static func withPlaces(
        _ library: KafkaLibrary, _ topic: String, _ offsets: [Int32: Int64], _ body: (KafkaLibrary.Places) -> Int32
    ) -> Int32 {
        guard let places = library.makePlaces(Int32(offsets.count)) else { return -1 }
        defer { library.dropPlaces(places) }
        for (partition, offset) in offsets { library.addPlace(places, topic, partition)?.pointee.offset = offset }
        return body(places)
    }
}

/// A message as it was read.
package struct KafkaMessage: Sendable {
    /// The partition.
    package let partition: Int32
    /// Its number in the partition.
    package let offset: Int64
    /// What it is kept together by; empty for none.
    package let key: [UInt8]
    /// The message; empty for one that stands for a deletion.
    package let value: [UInt8]
}
