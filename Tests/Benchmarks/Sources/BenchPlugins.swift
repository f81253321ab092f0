import CAllocationCounter
import Glibc
import HostCore
import PluginKit
import Synchronization

/// Pushes events of many instruments at full speed; the prices wander by a fixed rule. For measuring only.
struct LoopingEvents<Event: MarketEvent>: Provider {
    /// Makes an event: time, instrument, price before, price now, a random number.
    typealias Make = @Sendable (Int64, InstrumentID, Double, Double, UInt64) -> Event

    static var descriptor: PluginDescriptor {
        PluginDescriptor(
            kind: .provider, name: "looping", summary: "Events for measurements.", schema: ConfigurationSchema([]),
            provider: ProviderCapabilities(fetches: [], streams: [Event.kind], isReplay: true, needsNetwork: false))
    }

    let count: Int
    let instruments: Int
    let batch: Int
    let probe: Probe
    let make: Make

    init(count: Int, instruments: Int, batch: Int, probe: Probe, make: @escaping Make) {
        self.count = count
        self.instruments = instruments
        self.batch = batch
        self.probe = probe
        self.make = make
    }

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        throw PluginError(.unsupported, "provider/looping: is for the benchmark.")
    }

    @specialized(where Event == Bar)
    @specialized(where Event == Quote)
    @specialized(where Event == Trade)
    func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
        var prices = (0..<instruments).map { 10.0 + Double($0) }
        var random: UInt64 = 88_172_645_463_325_252
        var sent = 0
        var isWarm = false
        while sent < count {
            let events = next(min(batch, count - sent), from: sent, &prices, &random)
            sent += events.count
            try await receiver.receive(Delivery(batch: Event.batch(events), position: StreamPosition("")))
            if !isWarm, sent * 10 >= count {
                isWarm = true
                probe.begin()
            }
        }
        probe.end()
    }

    private func next(_ size: Int, from first: Int, _ prices: inout [Double], _ random: inout UInt64) -> [Event] {
        [Event](unsafeUninitializedCapacity: size) { buffer, count in
            for offset in 0..<size {
                random ^= random << 13
                random ^= random >> 7
                random ^= random << 17
                let index = first + offset
                let instrument = index % instruments
                let before = prices[instrument]
                let step = Double(Int64(bitPattern: random) >> 40) * 1e-9
                let price = max(1, min(1e4, before * (1 + step)))
                prices[instrument] = price
                let time = Int64(index / instruments + 1) * 60_000_000_000
                buffer.initializeElement(
                    at: offset, to: make(time, InstrumentID(rawValue: UInt32(instrument)), before, price, random))
            }
            count = size
        }
    }
}

/// Counts rows and forgets them.
final class CountingSink: Sink {
    static let descriptor = PluginDescriptor(
        kind: .sink, name: "counting", summary: "Counts rows.", schema: ConfigurationSchema([]),
        accepts: Set(RecordKind.allCases))

    private let count = Atomic<Int>(0)

    var rows: Int { count.load(ordering: .relaxed) }

    init() {}

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {}

    func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        count.add(batch.count, ordering: .relaxed)
        return .accepted
    }
}

/// Notes allocations and memory between the first tenth and the end of a run.
final class Probe: Sendable {
    private struct State {
        var firstAllocations: UInt64 = 0
        var lastAllocations: UInt64 = 0
        var firstMemory = 0.0
        var lastMemory = 0.0
    }

    private let state = Mutex(State())

    var allocations: UInt64 { state.withLock { $0.lastAllocations - $0.firstAllocations } }
    var memoryGrowth: Double { state.withLock { $0.lastMemory - $0.firstMemory } }

    func begin() {
        let memory = Self.residentMemory()
        state.withLock { state in
            state.firstMemory = memory
            state.firstAllocations = allocation_count()
        }
    }

    func end() {
        let now = allocation_count()
        let memory = Self.residentMemory()
        state.withLock { state in
            state.lastAllocations = now
            state.lastMemory = memory
        }
    }

    /// Resident memory in MiB.
    static func residentMemory() -> Double {
        guard let file = fopen("/proc/self/statm", "r") else { return .nan }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, 128, file) != nil else { return .nan }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? .nan
        return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
    }
}

/// Stores that forget: the measured path ends at the sink.
private struct Discard: EventStore, QuarantineStore, WatermarkStore {
    func store(_ entries: [StoreEntry]) async throws(PluginError) -> [Revision] { [] }
    func events<Event: MarketEvent>(
        _ type: Event.Type, _ query: EventQuery
    ) async throws(PluginError) -> [StoredEvent<Event>] { [] }
    func quarantine(_ rows: [QuarantinedRow]) async throws(PluginError) {}
    func instruments(pipeline: String) async throws(PluginError) -> Set<String> { [] }
    func quarantined(limit: Int) async throws(PluginError) -> [QuarantinedRow] { [] }
    func watermarks(_ key: WatermarkKey) async throws(PluginError) -> [Instrument: EventMark] { [:] }
    func advance(_ marks: [WatermarkKey: [Instrument: EventMark]]) async throws(PluginError) {}
}

extension PipelineServices {
    /// Services that keep nothing.
    static func discarding(_ latest: LatestValues = LatestValues()) -> PipelineServices {
        let nothing = Discard()
        return PipelineServices(
            events: nothing, quarantine: nothing, watermarks: nothing, latest: latest,
            board: InstanceBoard(now: { 0 }), wallTime: { 4_000_000_000_000_000_000 })
    }
}
