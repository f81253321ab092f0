import PluginKit

/// Makes what the manifest says about risk of what was read, and checks what only the whole can show.
struct RiskReader {
    /// The entries.
    let index: DraftIndex
    /// The values under `risk`.
    let setting: Setting

    /// Returns the declaration; reports every fault.
    func declaration() -> RiskDeclaration {
        checkCurrencies()
        let silences = silences()
        let limits = HostFields.riskLimits.compactMap { field -> RiskDeclaration.Limit? in
            guard let own = setting["limits"]?[field.name], own.location != nil else { return nil }
            return limit(field.name, own)
        }
        return RiskDeclaration(
            currency: setting("currency"), capital: setting("capital"),
            positions: setting["positions"]?.text, rates: numbers(setting["rates"]), sinks: sinks(),
            window: setting("window"), cooldown: setting("cooldown"),
            silences: silences, limits: limits)
    }

    private func limit(_ rule: String, _ own: Setting) -> RiskDeclaration.Limit {
        let of = named(own["of"], rule)
        let limit = own["limit"]?.number ?? own["limit"]?.duration.map { $0 / .seconds(1) }
        if limit == nil, of.isEmpty, own["limit"]?.field.isRequired == false {
            index.diagnosis.fault(
                at: own.location ?? .fileStart, "risk: 'limits.\(rule)' allows nothing and forbids nothing.",
                hint: "Write limit: NUMBER, or of: { NAME: NUMBER }.")
        }
        return RiskDeclaration.Limit(
            rule: rule, limit: limit, of: of, clear: own("clear"),
            severity: own("severity"), escalateAfter: own["escalate_after"]?.duration,
            confidence: own["confidence"]?.number ?? 0.99)
    }

    /// Returns limits by canonical instrument or by group.
    private func named(_ setting: Setting?, _ rule: String) -> [String: Double] {
        var found: [String: Double] = [:]
        for child in setting?.children ?? [] {
            guard let number = child.setting.number else { continue }
            let place = child.setting.location ?? .fileStart
            if rule == "group_exposure" {
                _ = index.resolve(.instruments, child.name, at: place, who: "risk")
                found[child.name] = number
                continue
            }
            do {
                found[try Instrument(parsing: child.name).description] = number
            } catch {
                index.diagnosis.fault(
                    at: place, "risk: 'limits.\(rule).of': \(InstrumentReader.withoutSubject(error.message))")
            }
        }
        return found
    }

    private func sinks() -> [String] {
        guard let chosen = setting["sinks"], case .list = chosen.value else {
            return index.drafts[.sinks].filter { $0.isEnabled && takesAlerts($0) }.map(\.id)
        }
        return (chosen.items ?? []).compactMap { item in
            guard let draft = index.resolve(.sinks, item.text, at: item.span, who: "risk") else { return nil }
            guard takesAlerts(draft) else {
                index.diagnosis.fault(
                    at: item.span, "risk: sink/\(draft.id) takes no alerts.",
                    hint: "Add alerts to its 'records', or name another sink.")
                return nil
            }
            return draft.isEnabled ? draft.id : nil
        }
    }

    private func takesAlerts(_ draft: Draft) -> Bool {
        draft.setting["records"]?.children.contains { $0.setting.text == RecordKind.alerts.rawValue } ?? false
    }

    private func silences() -> [String: [String]] {
        let known = HostFields.riskLimits.map(\.name) + ["all"]
        var found: [String: [String]] = [:]
        for child in setting["silence"]?.children ?? [] {
            if !known.contains(child.name) {
                index.diagnosis.fault(
                    at: child.setting.location ?? .fileStart,
                    "risk: 'silence' names \(quoted(child.name)), which is no rule.",
                    hint: Suggestion.hint(for: child.name, among: known))
            }
            for item in child.setting.items ?? [] where !Self.isSpan(item.text) {
                index.diagnosis.fault(
                    at: item.span, "risk: 'silence.\(child.name)' has \(quoted(item.text)); allowed HH:MM-HH:MM, UTC.",
                    hint: "Write \"22:00-06:00\".")
            }
            found[child.name] = child.setting.items?.map(\.text)
        }
        return found
    }

    private static func isSpan(_ text: String) -> Bool {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        return ends.count == 2 && ends[0] != ends[1]
            && ends.allSatisfy { end in
                let parts = end.split(separator: ":", omittingEmptySubsequences: false)
                return parts.count == 2 && parts.allSatisfy { $0.utf8.count == 2 }
                    && Int(parts[0]).map((0...23).contains) == true && Int(parts[1]).map((0...59).contains) == true
            }
    }

    private func checkCurrencies() {
        let own = setting["currency"].map { [(name: $0.text ?? "", place: $0.location)] } ?? []
        let others = (setting["rates"]?.children ?? []).map { (name: $0.name, place: $0.setting.location) }
        for one in own + others where !Self.isCurrency(one.name) {
            index.diagnosis.fault(
                at: one.place ?? .fileStart,
                "risk: \(quoted(one.name)) is no currency; allowed 3 to 8 capital letters.",
                hint: "Write CNY, USD, USDT.")
        }
    }

    private static func isCurrency(_ text: String) -> Bool {
        (3...8).contains(text.utf8.count)
            && text.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    }

    private func numbers(_ setting: Setting?) -> [String: Double] {
        Dictionary(
            (setting?.children ?? []).compactMap { child in child.setting.number.map { (child.name, $0) } },
            uniquingKeysWith: { first, _ in first })
    }
}
