import HostCore
import PluginKit
import Synchronization

/// A route of providers `a`, `b`, `c` ... that answer as a test says.
struct RouteRig {
    let board = InstanceBoard(now: { 0 })
    var rules = RouteRules()
    var clock: any Clock<Duration> = ContinuousClock()
    var lastResort: String?
    var hours: TradingHoursFinder = { _ in nil }
    var now: @Sendable () -> Int64 = { 100 * day }
    var kind = EventKind.bar

    static let instrument = InstrumentReference(id: id(0), instrument: Instrument(code: "I0", venue: "TEST"))
    static let request = FetchRequest(.bar, of: [instrument])

    func route(_ answers: AnsweringProvider.Answer..., gates: [String: ProviderGate] = [:]) -> Route {
        let members = zip("abcdef", answers).map { name, answer in
            let name = String(name)
            board.register(.provider, name, plugin: "answering", state: .ok)
            let provider = AnsweringProvider(answer)
            let slot = ProviderSlot(name, board: board, built: provider, gate: gates[name]) {
                () throws(PluginError) in provider
            }
            return RoutePlan.Member(slot, fetches: [kind], isLastResort: name == lastResort)
        }
        return Route(
            RoutePlan(id: "daily", members: members, rules: rules), pipeline: "main", clock: clock,
            wallTime: now, board: board, hours: hours)
    }
}

/// A venue with a bar each day of the year.
struct EveryDay: TradingHours {
    func isOpen(at instant: Int64) -> Bool? { true }
    func hours(containing instant: Int64) -> Range<Int64>? { nil }
    func pause(containing instant: Int64) -> Range<Int64>? { nil }
    func hours(after instant: Int64) -> Range<Int64>? { nil }
    func hours(before instant: Int64) -> Range<Int64>? { nil }
    func barEnd(atOrAfter instant: Int64, timeframe: Timeframe) -> Int64? { (instant + day - 1) / day * day }
}

func gives(_ bars: Bar...) -> AnsweringProvider.Answer {
    { (_, _) throws(PluginError) in Reply(events: bars) }
}

func fails(_ fault: PluginError) -> AnsweringProvider.Answer { { (_, _) throws(PluginError) in throw fault } }

/// Counts calls.
final class Calls: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }
    func note() { count.withLock { $0 += 1 } }
}

/// Counts calls, passes a door and answers or fails.
func counting(
    _ calls: Calls, _ door: Gate? = nil, _ outcome: Result<Reply, PluginError> = .success(Reply(events: [bar(0, 99)]))
) -> AnsweringProvider.Answer {
    { (_, _) throws(PluginError) in
        calls.note()
        await door?.pass()
        return try outcome.get()
    }
}
