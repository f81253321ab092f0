import Foundation
import NIOCore
import TestSupport
import Testing

@testable import HostWebSocket

/// What a channel keeps for clients that come back.
@Suite struct JournalTests {
    private static let channel = "/ws/test"

    private static func publish(_ count: Int, to journal: ChannelJournal) {
        for _ in 0..<count {
            journal.append(ByteBuffer(string: #"{"price":1.5}"#), topic: "AAPL.US") { _ in }
        }
    }

    private static func ids(_ journal: ChannelJournal, after id: Int) -> [Int]? {
        guard case .entries(let entries) = journal.read(after: id, limit: 1_000) else { return nil }
        return entries.map(\.id)
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "journal-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func open(
        in folder: String, _ limit: JournalLimit = JournalLimit(messages: 100),
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) -> ChannelJournal {
        ChannelJournal(
            channel: Self.channel, limit: limit,
            file: JournalFile(folder: folder, channel: Self.channel, report: report))
    }

    @Test func aMessageBeginsWithItsChannelAndItsID() {
        let journal = ChannelJournal(channel: Self.channel, limit: JournalLimit())
        var texts: [String] = []
        for text in [#"{"price":1.5}"#, "plain", "{}", "{"] {
            journal.append(ByteBuffer(string: text), topic: nil) { texts.append(String(buffer: $0.message)) }
        }
        #expect(texts == [#"{"channel":"/ws/test","id":1,"price":1.5}"#, "plain", "{}", "{"])
    }

    @Test func whatCameAfterAnIDIsThereWithinTheLimitAndElseAGap() {
        let journal = ChannelJournal(channel: Self.channel, limit: JournalLimit(messages: 10))
        #expect(Self.ids(journal, after: 0) == [])
        #expect(Self.ids(journal, after: 3) == nil)
        Self.publish(25, to: journal)
        #expect(Self.ids(journal, after: 25) == [])
        #expect(Self.ids(journal, after: 20) == [21, 22, 23, 24, 25])
        #expect(Self.ids(journal, after: 15) == Array(16...25))
        #expect(Self.ids(journal, after: 14) == nil)
        #expect(Self.ids(journal, after: 26) == nil)
        #expect(Self.ids(journal, after: 0) == Array(16...25))
    }

    @Test func bytesAreBoundedToo() {
        let journal = ChannelJournal(channel: Self.channel, limit: JournalLimit(messages: 1_000, bytes: 500))
        Self.publish(100, to: journal)
        #expect((5...15).contains(journal.recent(1_000).count))
        #expect(Self.ids(journal, after: 99) == [100])
    }

    @Test func aNewProcessGoesOnWhereTheLastOneStood() throws {
        try withFolder { folder in
            Self.publish(7, to: open(in: folder))
            let second = open(in: folder)
            #expect(second.last == 7)
            #expect(Self.ids(second, after: 4) == [5, 6, 7])
            Self.publish(2, to: second)
            #expect(Self.ids(open(in: folder), after: 0) == Array(1...9))
        }
    }

    @Test func theFileIsBoundedAndKeepsTheNewest() throws {
        try withFolder { folder in
            let limit = JournalLimit(messages: 50, bytes: 100_000)
            let text = ByteBuffer(string: #"{"text":""# + String(repeating: "x", count: 1_000) + #""}"#)
            let first = open(in: folder, limit)
            for _ in 0..<3_000 { first.append(text, topic: nil) { _ in } }
            let path = "\(folder)/ws-test.journal"
            let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
            #expect(size < 2 * limit.bytes + (1 << 20) + 10_000)
            #expect(Self.ids(open(in: folder, limit), after: 2_950) == Array(2_951...3_000))
        }
    }

    @Test(arguments: [0, 1, 5, 30, 60, 61, 90, 200]) func aFileThatWasCutIsReadUpToTheCut(cut: Int) throws {
        try withFolder { folder in
            Self.publish(10, to: open(in: folder))
            let path = "\(folder)/ws-test.journal"
            let bytes = try Data(contentsOf: URL(filePath: path))
            try bytes.prefix(max(0, bytes.count - cut)).write(to: URL(filePath: path))
            let after = open(in: folder)
            #expect(after.last <= 10)
            #expect(cut > 0 || after.last == 10)
            Self.publish(1, to: after)
            #expect(Self.ids(open(in: folder), after: after.last - 1) == [after.last])
        }
    }

    @Test func afterAnotherBootNothingIsResumedAndNoIDComesTwice() throws {
        try withFolder { folder in
            Self.publish(10, to: open(in: folder))
            let path = "\(folder)/ws-test.journal"
            var bytes = try Data(contentsOf: URL(filePath: path))
            // The first byte of the boot's name, behind the magic and its length.
            bytes[bytes.startIndex + 20] ^= 1
            try bytes.write(to: URL(filePath: path))
            let after = open(in: folder)
            #expect(after.last == 1_000_010)
            #expect(Self.ids(after, after: 10) == nil)
            Self.publish(1, to: after)
            #expect(Self.ids(after, after: 1_000_010) == [1_000_011])
        }
    }

    @Test func aFolderThatIsNotThereIsToldOnceAndMemoryServes() {
        let told = Told()
        let journal = open(in: "/nowhere/at/all") { told.add($0) }
        Self.publish(3, to: journal)
        #expect(told.all.count == 1 && told.all.first?.contains("could not be made") == true)
        #expect(Self.ids(journal, after: 1) == [2, 3])
    }
}

/// What was told.
private final class Told: @unchecked Sendable {
    // Written and read by one test, in its own task.
    private(set) var all: [String] = []
    func add(_ text: String) { all.append(text) }
}

/// Several messages about the same wait as one, where a client wants that.
@Suite struct ConflationTests {
    private static func frame(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

    private static func all(_ queue: inout OutboundQueue) -> [String] {
        var texts: [String] = []
        while let frame = queue.popFirst() { texts.append(String(buffer: frame)) }
        return texts
    }

    @Test func theNewestOfEachKeyWaitsInTheOrderItCame() {
        var queue = OutboundQueue(maxFrames: 10, maxBytes: 1_000)
        for (text, key) in [("a1", "a"), ("b1", "b"), ("x", nil), ("a2", "a"), ("a3", "a"), ("c1", "c")] {
            _ = queue.append(Self.frame(text), key: key)
        }
        #expect(queue.count == 4 && queue.bytes == 7)
        #expect(Self.all(&queue) == ["b1", "x", "a3", "c1"])
        #expect(queue.isEmpty && queue.bytes == 0)
        #expect(queue.append(Self.frame("a4"), key: "a").isConflated == false)
    }

    @Test func oneKeyForEverHoldsOneFrame() {
        var queue = OutboundQueue(maxFrames: 4, maxBytes: 1_000)
        _ = queue.append(Self.frame("b"), key: "b")
        for number in 0..<10_000 { #expect(queue.append(Self.frame("\(number)"), key: "a").dropped == 0) }
        #expect(queue.count == 2)
        #expect(Self.all(&queue) == ["b", "9999"])
    }

    @Test func moreKeysThanAllowedLoseTheOldest() {
        var queue = OutboundQueue(maxFrames: 3, maxBytes: 1_000)
        let dropped = ["a", "b", "c", "b", "d", "a"].map { queue.append(Self.frame($0), key: $0).dropped }
        #expect(dropped == [0, 0, 0, 0, 1, 1])
        #expect(Self.all(&queue) == ["b", "d", "a"])
    }
}
