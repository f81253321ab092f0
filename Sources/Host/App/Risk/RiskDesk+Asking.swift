import CivilTime
import HostCore
import HostManifest
import PluginKit

/// What is asked of the risk service, and what is told to it.
extension RiskDesk {
    private func declared() throws(PluginError) -> RiskDeclaration {
        guard let declaration else {
            throw PluginError(.unsupported, "risk: the manifest has no 'risk'. Write it, with limits, and reload.")
        }
        return declaration
    }

    func positionsReport() throws(PluginError) -> RiskReport.Positions {
        _ = try declared()
        return RiskReport.Positions(
            source: source, fault: fault, positions: engine.state.book.holdings.map { RiskReport.PositionRow($0) })
    }

    func exposure() throws(PluginError) -> RiskReport.Exposure {
        _ = try declared()
        return RiskReport.Exposure(engine)
    }

    func limits() throws(PluginError) -> RiskReport.Limits {
        _ = try declared()
        return RiskReport.Limits(engine)
    }

    /// Replaces what is held.
    func put(_ json: [UInt8]) async throws(PluginError) -> RiskReport.Positions {
        let declaration = try writable()
        let list = try PositionList(json: json).checked(declaration, environment.directory)
        try await keep(PositionList(list))
        hold(list, keepingEquity: true)
        await keep()
        return try positionsReport()
    }

    private func keep(_ list: PositionList) async throws(PluginError) {
        try await environment.store.keep(
            riskText: String(decoding: SortedJSON.bytes(list), as: UTF8.self), as: Self.positionsName)
    }

    private func writable() throws(PluginError) -> RiskDeclaration {
        let declaration = try declared()
        guard let file = declaration.positions else { return declaration }
        throw PluginError(
            .badRequest,
            "risk: positions come from the file \(PluginError.quoted(file)). Change it, or take 'risk.positions' out of the manifest."
        )
    }

    /// Takes in what was bought and sold.
    func fill(_ json: [UInt8]) async throws(PluginError) -> RiskReport.Positions {
        let declaration = try writable()
        let body = try RiskBody.read(
            RiskBody.Fills.self, json, allowed: #"{"fills": [{"id", "instrument", "quantity", "price"}]}"#)
        let fills = try body.fills.map { row throws(PluginError) in try fill(row, declaration) }
        for fill in fills {
            guard try await environment.store.note(fill: fill.id) else { continue }
            apply(fill, declaration)
        }
        try await keep(PositionList(positions))
        await keep()
        return try positionsReport()
    }

    private func fill(_ row: RiskBody.Fills.Row, _ declaration: RiskDeclaration) throws(PluginError) -> Fill {
        let instrument = try known(row.instrument)
        guard row.quantity.isFinite, row.price.isFinite, !row.id.isEmpty, row.id.utf8.count <= 128 else {
            throw PluginError(
                .badRequest,
                "risk: the fill \(PluginError.quoted(row.id)) has no finite quantity and price, or no id of 1...128 bytes."
            )
        }
        return Fill(id: row.id, instrument: instrument, quantity: row.quantity, price: row.price)
    }

    private func known(_ name: String) throws(PluginError) -> Instrument {
        guard let id = environment.directory.id(meantBy: name) else {
            throw PluginError(
                .badRequest, "risk: \(PluginError.quoted(name)) is no instrument of a pipeline. Add it to one.")
        }
        return environment.directory.instrument(id)
    }

    private func apply(_ fill: Fill, _ declaration: RiskDeclaration) {
        let (list, position, profit) = Self.after(fill, positions, declaration)
        let rate = declaration.rate(of: position.currency) ?? 1
        positions = list
        generation += 1
        engine.trade(value: fill.quantity * fill.price * position.multiplier * rate, profit: profit * rate, at: now)
        if let manifest { show(book(list, declaration, manifest), keepingEquity: false) }
    }

    /// Returns what is held after a fill, the position in its instrument, and the profit that became certain.
    private static func after(
        _ fill: Fill, _ positions: [Position], _ declaration: RiskDeclaration
    ) -> (list: [Position], position: Position, profit: Double) {
        var list = positions
        let place = list.firstIndex { $0.instrument == fill.instrument }
        var position =
            place.map { list[$0] } ?? Position(instrument: fill.instrument, quantity: 0, currency: declaration.currency)
        let profit = position.take(fill)
        if let place { list[place] = position } else { list.append(position) }
        return (list.filter { $0.quantity != 0 }, position, profit)
    }

    /// Says what an order would break, were it filled at a price: the newest where none is named.
    func check(_ json: [UInt8]) throws(PluginError) -> RiskReport.Check {
        let declaration = try declared()
        guard let manifest else {
            throw PluginError(.unsupported, "risk: the host is starting. Ask again in a second.")
        }
        let order = try RiskBody.read(
            RiskBody.Order.self, json, allowed: #"{"instrument", "quantity", and where wanted "price"}"#)
        let instrument = try known(order.instrument)
        let id = environment.directory.intern(instrument)
        let newest = engine.state.book.holding(of: id).flatMap { $0.price.isNaN ? nil : $0.price }
        guard let price = order.price ?? newest, price.isFinite, order.quantity.isFinite else {
            throw PluginError(
                .badRequest, "risk: \(instrument) has no price here yet. Name the one the order is at as 'price'.")
        }
        let fill = Fill(id: "", instrument: instrument, quantity: order.quantity, price: price)
        let (list, position, _) = Self.after(fill, positions, declaration)
        var after = book(list, declaration, manifest)
        _ = after.set(price: price, at: max(now, after.holding(of: id)?.priceTime ?? 0), of: id)
        let value = fill.quantity * price * position.multiplier * (declaration.rate(of: position.currency) ?? 1)
        return RiskReport.Check(engine.broken(by: engine.with(after, traded: value)), price: price)
    }

    /// Notes that somebody knows of an alert.
    func acknowledge(_ id: Int64, by name: String) async throws(PluginError) -> RiskReport.AlertRow {
        _ = try declared()
        guard let alert = engine.acknowledge(id, by: PluginError.shown(name, limit: 100)) else {
            throw PluginError(
                .notFound,
                "risk: no alert \(id) is open: it is acknowledged, resolved, or there is none. `penstock risk alerts` lists them."
            )
        }
        await keep()
        return RiskReport.AlertRow(alert)
    }

    /// Raises a marked alert that goes the way of a real one.
    func drill(_ rule: String) async throws(PluginError) -> RiskReport.AlertRow {
        _ = try declared()
        guard RiskRules.named(rule) != nil else {
            let known = RiskRules.all.map { $0.name }.joined(separator: ", ")
            throw PluginError(.badRequest, "risk: \(PluginError.quoted(rule)) is no rule; allowed \(known).")
        }
        let alert = engine.drill(rule, at: WallClock.now())
        await keep()
        return RiskReport.AlertRow(alert)
    }
}
