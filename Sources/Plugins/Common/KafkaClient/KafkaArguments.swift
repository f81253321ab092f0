import CLibRdKafka

/// The arguments of the messages of a batch, laid out once: what all of them share stands where the library can read it, and a
/// message sets what is its own.
///
/// Unsafe: pointers into memory of its own live as long as it does, those into a batch for one call of the library, which copies.
final class KafkaArguments {
    private enum Kind {
        static let topic: Int32 = 1
        static let value: Int32 = 4
        static let key: Int32 = 5
        static let opaque: Int32 = 6
        static let flags: Int32 = 7
        static let header: Int32 = 9
        /// The library copies key and value.
        static let copies: Int32 = 2
    }

    private static let value = 2
    private static let opaque = 3
    private let list: UnsafeMutablePointer<rd_kafka_argument>
    private let count: Int
    /// Where the header `time` stands: behind the others.
    private let time: Int
    private let texts: UnsafeMutableBufferPointer<UInt8>

    init(_ batch: KafkaBatch) {
        let name = Array("time".utf8) + [0]
        let shared = [Array(batch.topic.utf8) + [0], name] + batch.headers.flatMap { [$0.name, $0.value] }
        texts = .allocate(capacity: shared.reduce(0) { $0 + $1.count })
        _ = texts.initialize(from: shared.joined())
        // Topic, flags, value, opaque, headers, time; the key last, since not each message has one.
        time = 4 + batch.headers.count
        count = 6 + batch.headers.count
        list = .allocate(capacity: count)
        list.initialize(repeating: rd_kafka_argument(), count: count)
        var place = UnsafeRawPointer(texts.baseAddress)
        func next(_ count: Int) -> UnsafeRawPointer? {
            defer { place = place.map { $0 + count } }
            return place
        }
        func text(_ count: Int) -> UnsafePointer<CChar>? { next(count)?.assumingMemoryBound(to: CChar.self) }
        list[0].type = Kind.topic
        list[0].value.text = text(shared[0].count)
        list[1].type = Kind.flags
        list[1].value.number = Kind.copies
        list[Self.value].type = Kind.value
        list[Self.opaque].type = Kind.opaque
        list[time].type = Kind.header
        list[time].value.header = .init(name: text(name.count), bytes: nil, count: 0)
        for (number, header) in batch.headers.enumerated() {
            list[4 + number].type = Kind.header
            list[4 + number].value.header = .init(
                name: text(header.name.count), bytes: next(header.value.count), count: header.value.count)
        }
        list[count - 1].type = Kind.key
    }

    deinit {
        list.deallocate()
        texts.deallocate()
    }

    /// Hands a message to the library; returns its fault.
    func send(
        _ batch: KafkaBatch, _ row: Int, _ number: Int, _ library: KafkaLibrary, _ handle: KafkaLibrary.Handle
    ) -> OpaquePointer? {
        let (value, key, stamp) = (batch.values.range(row), batch.keys.range(row), batch.stamps.range(row))
        list[Self.opaque].value.pointer = UnsafeMutableRawPointer(bitPattern: number + 1)
        return batch.values.bytes.withUnsafeBytes { values in
            batch.keys.bytes.withUnsafeBytes { keys in
                batch.stamps.bytes.withUnsafeBytes { stamps in
                    list[Self.value].value.memory = .init(
                        bytes: values.baseAddress.map { $0 + value.lowerBound }, count: value.count)
                    list[time].value.header.bytes = stamps.baseAddress.map { $0 + stamp.lowerBound }
                    list[time].value.header.count = stamp.count
                    list[count - 1].value.memory = .init(
                        bytes: keys.baseAddress.map { $0 + key.lowerBound }, count: key.count)
                    return library.produce(handle, list, count - (key.isEmpty ? 1 : 0))
                }
            }
        }
    }
}
