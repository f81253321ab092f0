import CivilTime
import DelimitedText
import EventTiming
import FetchAssembly
import HTTPFetch
import JSONReading
import PluginKit
import ShareRows

/// Days of the mainland's futures from Sina, asked as AkShare's `futures_zh_daily_sina`.
///
/// Volume is in contracts; there are no amounts. A product without `roll` is Sina's own series of main contracts, `RB0`.
extension AkShare {
    /// The bars of a contract, or of a product as one series.
    func futures(_ question: ShareQuestion) async throws(PluginError) -> FetchedEvents<Bar> {
        guard let sina = sources.first(where: { $0.name == "sina" }) as? Sina else {
            throw PluginError(
                .notFound,
                "\(owner): futures are asked of sina, which is not among the sources. Add it to 'sources' in mode native, or route "
                    + "\(question.what) to another provider.")
        }
        guard question.isDaily else {
            throw PluginError(
                .badRequest,
                "\(owner): has no \(question.timeframe) bars of \(question.what); of futures there are 1d. Route to another provider."
            )
        }
        let instrument = question.target.reference.instrument
        guard instrument.isProduct, let roll else {
            let symbol = instrument.isProduct ? "\(instrument.code)0" : instrument.code
            let found = try await days(of: symbol, at: sina, question)
            guard let found else {
                throw PluginError(
                    .notFound, "\(owner): Sina has nothing of \(question.what). Check the symbol and the range.")
            }
            return FetchedEvents(found.days.map(\.bar), defects: found.defects)
        }
        var (contracts, defects): ([[ContractRoll.Day]], [Defect]) = ([], [])
        for symbol in Self.contracts(of: instrument.code, question) {
            guard let found = try await days(of: symbol, at: sina, question) else { continue }
            contracts.append(found.days)
            defects += found.defects
        }
        guard !contracts.isEmpty else {
            throw PluginError(
                .notFound, "\(owner): Sina has no contract of \(question.what). Check the symbol and the range.")
        }
        guard let bars = roll.series(contracts) else { throw ContractRoll.hasNoRatio(instrument, owner: owner) }
        return FetchedEvents(bars, defects: defects)
    }

    /// The contracts that may have traded since the begin of what is asked, a month each: prices depend on every change up to now,
    /// and a contract trades a year before it is delivered.
    private static func contracts(of product: String, _ question: ShareQuestion) -> [String] {
        let days = question.span.untilNow(question.now).days(question.target)
        func month(_ date: CivilDate) -> Int { date.year * 12 + date.month - 1 }
        return (month(days.first)...month(days.last) + 12).map { month in
            let (year, number) = (month / 12 % 100, month % 12 + 1)
            return "\(product)\(year < 10 ? "0" : "")\(year)\(number < 10 ? "0" : "")\(number)"
        }
    }

    /// The days of a contract; `nil` where Sina knows none of that name.
    private func days(
        of symbol: String, at sina: Sina, _ question: ShareQuestion
    ) async throws(PluginError) -> (days: [ContractRoll.Day], defects: [Defect])? {
        let response = try await response(of: sina, to: sina.futures(symbol, question), question)
        return try sina.days(response, question)
    }
}

extension Sina {
    /// How all days of a contract are asked for.
    func futures(_ symbol: String, _ question: ShareQuestion) -> HTTPRequest {
        let place = futures.path("futures", "api", "jsonp.php", "var _=", "InnerFuturesNewService.getDailyKLine")
        return HTTPRequest(
            get: place.query([("symbol", symbol), ("type", question.days.last.replacing("-", with: "_"))]),
            headers: [HTTPRequest.Header("Referer", "https://finance.sina.com.cn/")])
    }

    /// The days of a reply, ascending; `nil` where it is about nothing.
    func days(
        _ response: HTTPResponse, _ question: ShareQuestion
    ) throws(PluginError) -> (days: [ContractRoll.Day], defects: [Defect])? {
        let root = try question.json(response)
        if root.isNull { return nil }
        guard case .array(let elements) = root else { throw question.malformed(response, "has no list of days") }
        // A day without a trade has prices of zero.
        let traded = elements.filter { ($0["o"].number ?? 1) != 0 || ($0["v"].number ?? 0) != 0 }
        let reading = ShareRows(question.target, question.timeframe)
        var (days, defects): ([ContractRoll.Day], [Defect]) = ([], [])
        for element in traded {
            let row = ShareRow(
                time: element["d"].scalar, open: element["o"].scalar, high: element["h"].scalar,
                low: element["l"].scalar,
                close: element["c"].scalar, volume: element["v"].scalar, amount: nil)
            let found: FetchedEvents<Bar>
            do throws(PluginError) {
                found = try reading.bars([row], owner: question.owner, place: response.place)
            } catch {
                defects.append(
                    Defect(
                        instrument: question.target.reference.id, place: response.place, reason: "unreadable_row",
                        message: error.message, raw: "\(element)"))
                continue
            }
            days += found.events.map { ContractRoll.Day($0, interest: element["p"].number ?? .nan) }
        }
        return (days, defects)
    }
}
