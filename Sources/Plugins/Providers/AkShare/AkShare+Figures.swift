import CivilTime
import EventTiming
import FetchAssembly
import HTTPFetch
import PluginKit
import ShareRows

extension AkShare {
    /// Asks Eastmoney's data centre for the tables of `reports`, page by page.
    func figures(_ request: FetchRequest) async throws(PluginError) -> Reply {
        guard let eastmoney = sources.lazy.compactMap({ $0 as? Eastmoney }).first else {
            throw PluginError(
                .badRequest,
                "\(owner): Eastmoney alone has figures, and 'sources' is \(sources.map(\.name)). Add eastmoney, in mode native."
            )
        }
        let now = WallClock.now()
        let targets = try RowTarget.all(request.instruments, owner: owner)
        let targetOfID = Dictionary(uniqueKeysWithValues: targets.map { ($0.reference.id, $0) })
        return try await FetchAssembly.reply(to: request, owner: owner, atOnce: requestsAtOnce, now: now) { reference in
            guard let target = targetOfID[reference.id] else { return .success(FetchedEvents<Figure>()) }
            let question = ShareQuestion(request, target, .none, owner: owner, now: now)
            do throws(PluginError) { return .success(try await figures(question, eastmoney)) } catch {
                return .failure(error)
            }
        }
    }

    private func figures(
        _ question: ShareQuestion, _ eastmoney: Eastmoney
    ) async throws(PluginError) -> FetchedEvents<Figure> {
        let instrument = question.target.reference.instrument
        guard eastmoney.covers(instrument) else {
            throw PluginError(
                .notFound,
                "\(owner): \(question.what) is no share it can ask for; allowed are codes of six digits at SH, SZ and BJ. "
                    + "Route it to another provider.")
        }
        var found = FetchedEvents<Figure>()
        for table in EastmoneyFigures.tables where reports.contains(table.name) {
            var (page, pages) = (1, Int64(1))
            repeat {
                let response = try await response(
                    of: eastmoney, to: table.request(eastmoney.figures, instrument, page), question)
                let read = try EastmoneyFigures.page(response, question)
                found.add(
                    EastmoneyFigures.figures(
                        read.rows, table, question.target, place: response.place, refusesUndated: refusesUndated))
                pages = read.pages
                page += 1
            } while page <= pages
        }
        return found
    }
}
