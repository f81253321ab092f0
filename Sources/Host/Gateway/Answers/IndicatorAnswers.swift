import HostCore
import JSONWriting
package import PluginKit

/// Computes indicators over bars; the composition root, which knows them, gives it.
package struct IndicatorControl: Sendable {
    /// Values by row and column, NaN where there is none.
    package struct Table: Sendable {
        /// The names of the columns.
        package let columns: [String]
        /// The values, row by row.
        package let values: [Double]

        /// Creates a table.
        package init(columns: [String], values: [Double]) { (self.columns, self.values) = (columns, values) }
    }

    /// A column that a model sees.
    package struct Column: Sendable {
        /// Its name.
        package let name: String
        /// The indicator that `compute` knows and it is of; `nil` where it comes from elsewhere.
        package let indicator: String?

        /// Creates a column.
        package init(name: String, indicator: String?) { (self.name, self.indicator) = (name, indicator) }
    }

    /// Returns the columns that a model sees in a pipeline.
    package let columns: @Sendable (_ model: String, _ pipeline: String) -> [Column]
    /// Returns the values of indicators, by name with their defaults or as formulas, over bars in their order.
    package let compute: @Sendable (_ names: [String], _ bars: [Bar]) async throws(PluginError) -> Table

    /// Creates a control.
    package init(
        columns: @escaping @Sendable (String, String) -> [Column] = { _, _ in [] },
        compute: @escaping @Sendable ([String], [Bar]) async throws(PluginError) -> Table
    ) {
        self.columns = columns
        self.compute = compute
    }
}

/// `/api/v2/stocks/{symbol}/indicators`: indicators over stored bars, as a running pipeline computes them.
struct IndicatorAnswers: Sendable {
    /// The parameters of the route.
    static let parameters = [
        Parameter(required: "names", .names(50)),
        Parameter("from", .time, standard: "the first bar"), Parameter("to", .time, standard: "the last bar"),
        Parameter(
            "timeframe", .timeframe, standard: "that of the first pipeline, by id, that has a bar of it, else 1d"),
        Parameter("adjust", .word(PriceAdjustment.allCases.map(\.rawValue)), standard: "none"),
        Parameter("limit", .count(1...mostRows), standard: "1000"), Cursor.parameter,
    ]
    private static let mostRows = 10_000
    /// Indicators see this many bars up to the end of the page: those before it warm them up.
    private static let mostBars = 100_000

    private let view: HostView
    private let control: IndicatorControl?

    /// Creates the route over a host.
    init(_ view: HostView, _ control: IndicatorControl?) { (self.view, self.control) = (view, control) }

    /// Answers with a row a bar.
    func reply(_ request: EndpointRequest) async throws -> Reply {
        guard let id = view.instruments.id(meantBy: request.name) else { throw HistoryAnswers.unknown(request.name) }
        guard let control else { throw GatewayError(.noData, "gateway: this host computes nothing on request.") }
        let (query, instrument) = (request.query, view.instruments.instrument(id))
        let timeframe =
            query["timeframe"].flatMap { Timeframe($0) }
            ?? view.latest.entries(id).first { $0.event.bar != nil }?.timeframe ?? Timeframe(1, .day)
        let to = try Cursor(request)?.position ?? query["to"].flatMap { ParameterType.times($0) }?.upperBound ?? .max
        let bars = try await bars(instrument, timeframe, upTo: to, query, id)
        let from = query["from"].flatMap { ParameterType.times($0) }?.lowerBound ?? .min
        let first = bars.firstIndex { $0.time >= from } ?? bars.count
        guard first < bars.count else {
            throw GatewayError(
                .noData, "gateway: no bar of \(instrument) at \(timeframe) was stored in that span. Ask another.")
        }
        let start = max(first, bars.count - (query["limit"].flatMap { Int($0) } ?? 1_000))
        let table = try await Self.values(QueryParameters.parts(query["names"] ?? ""), bars, control)
        let next = start > first ? Cursor.text(bars[start - 1].time, of: request) : nil
        let adjusted = query["adjust"].flatMap { PriceAdjustment(rawValue: $0) } ?? .raw
        let remark = try await view.bars.remark(on: adjusted, EventQuery(instrument: instrument, timeframe: timeframe))
        return Reply(next: next, Self.json(bars, start, table, (instrument, timeframe), next, remark))
    }

    private func bars(
        _ instrument: Instrument, _ timeframe: Timeframe, upTo time: Int64, _ query: QueryParameters, _ id: InstrumentID
    ) async throws -> [Bar] {
        let asked = EventQuery(
            instrument: instrument, timeframe: timeframe, range: .min...time, limit: Self.mostBars)
        do {
            let adjustment = query["adjust"].flatMap { PriceAdjustment(rawValue: $0) } ?? .raw
            return try await view.bars.bars(asked, adjusted: adjustment).map { stored in
                var bar = stored.bar
                bar.instrument = id
                return bar
            }
        } catch {
            if error.code == .badRequest { throw GatewayError(.badParameter, "gateway: \(error.message)") }
            throw error.code == .cancelled ? CancellationError() : GatewayError.store(error)
        }
    }

    private static func values(
        _ names: [String], _ bars: [Bar], _ control: IndicatorControl
    ) async throws(GatewayError) -> IndicatorControl.Table {
        do throws(PluginError) {
            return try await control.compute(names, bars)
        } catch {
            throw GatewayError(
                .badParameter, "gateway: 'names': \(error.message) /api/v2/indicators lists which there are.")
        }
    }

    private static func json(
        _ bars: [Bar], _ start: Int, _ table: IndicatorControl.Table, _ series: (instrument: Instrument, Timeframe),
        _ next: String?, _ remark: String?
    ) -> JSONText {
        let (instrument, timeframe) = series
        let width = table.columns.count
        var json = JSONText(capacity: 256 + (bars.count - start) * (40 + width * 20))
        json.object { json in
            json.field("symbol", instrument.code)
            json.field("instrument", instrument.description)
            json.field("timeframe", timeframe.description)
            if let remark { json.field("remark", remark) }
            json.field("columns", table.columns)
            json.field("count", bars.count - start)
            json.key("rows")
            json.array { json in
                for row in start..<bars.count {
                    json.object { json in
                        json.field("time", time: bars[row].time)
                        json.key("values")
                        json.array { json in
                            for value in table.values[(row * width)..<((row + 1) * width)] { json.value(value) }
                        }
                    }
                }
            }
            if let next { json.field("next_cursor", next) }
        }
        return json
    }
}
