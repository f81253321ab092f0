import PluginKit
import PredictionTargets

/// Resolves what of a model's options is searched; each value was read as one of the option itself.
struct SearchResolver {
    /// The entries.
    let index: DraftIndex
    /// The model.
    let draft: Draft

    private var diagnosis: Diagnosis { index.diagnosis }
    private var over: Setting? { draft.setting["search"]?["over"] }

    /// Returns the search; `nil` where there is none.
    func search(_ target: Target) -> SearchScheme? {
        guard let setting = draft.setting["search"], setting.location != nil else { return nil }
        let before = diagnosis.count
        let dimensions = dimensions()
        checkCount(dimensions.count, isRead: diagnosis.count == before && over?.value != nil)
        let metric: SearchScheme.Metric = setting("metric")
        checkMetric(metric, target, at: setting["metric"]?.location ?? draft.keySpan)
        if diagnosis.count == before { checkEnds(dimensions) }
        return SearchScheme(
            trials: setting("trials"), over: dimensions, metric: metric, start: setting("start"), stop: setting("stop"),
            folds: setting("folds"), seed: UInt64(setting["seed"]?.integer ?? draft.setting("seed")))
    }

    /// Reports a metric that is not defined, or does not compare trials.
    private func checkMetric(_ metric: SearchScheme.Metric, _ target: Target, at place: SourceSpan) {
        let who = "\(draft.who): 'search.metric' is \(metric.rawValue)"
        if metric.isOfClasses, !target.isClass {
            diagnosis.fault(
                at: place, "\(who), which is of classes, and the target is \(target).",
                hint: "Write metric: rank_ic, or a target of classes: direction, triple_barrier.")
        }
        if metric == .icir, draft.setting["per"]?.text == "instrument" {
            diagnosis.fault(
                at: place, "\(who), which compares instruments, and 'per' is instrument.",
                hint: "Write metric: rank_ic, or per: pool.")
        }
        if metric == .pinball, let quantile = over?["quantile"]?.location {
            diagnosis.fault(
                at: quantile,
                "\(who), and 'search.over.quantile' has trials predict different quantiles, whose losses do not compare.",
                hint: "Write quantile: 0.9 at the model.")
        }
    }

    private func dimensions() -> [SearchScheme.Dimension] {
        (over?.children ?? []).compactMap { child in
            guard child.setting.location != nil, child.setting.value != nil else { return nil }
            return values(child).map { SearchScheme.Dimension(child.name, $0) }
        }
    }

    private func values(_ child: Setting.Child) -> SearchScheme.Values? {
        let setting = child.setting
        switch setting.field.type {
        case .space(let element): return numbers(child, element)
        case .list(.boolean, _):
            return distinct(child, setting.children.map { $0.setting.boolean.map { "\($0)" } }) ? .flags : nil
        default:
            let words = setting.items?.map(\.text) ?? []
            return distinct(child, words) ? .words(words) : nil
        }
    }

    private func distinct(_ child: Setting.Child, _ words: [String?]) -> Bool {
        guard Set(words).count < words.count else { return true }
        diagnosis.fault(
            at: child.setting.location ?? draft.keySpan,
            "\(draft.who): 'search.over.\(child.name)' has a value twice.", hint: "Remove one of them.")
        return false
    }

    private func numbers(_ child: Setting.Child, _ element: FieldType) -> SearchScheme.Values? {
        let setting = child.setting
        guard let low = (setting["from"] ?? setting["0"]), let high = (setting["to"] ?? setting["1"]),
            let from = low.number, let to = high.number
        else { return nil }
        let isLog = setting["scale"]?.text == "log"
        guard from < to else {
            fault(
                child, low, "goes from \(ValueText.of(.number(from))) to \(ValueText.of(.number(to)))",
                "the lower one first")
            return nil
        }
        guard !isLog || from > 0 else {
            fault(child, low, "begins at \(ValueText.of(.number(from))) on a log scale", "a number above 0")
            return nil
        }
        if case .integer = element, let from = low.integer, let to = high.integer {
            return .integers(from...to, isLog: isLog)
        }
        return .numbers(from...to, isLog: isLog)
    }

    private func fault(_ child: Setting.Child, _ at: Setting, _ what: String, _ allowed: String) {
        diagnosis.fault(
            at: at.location ?? child.setting.location ?? draft.keySpan,
            "\(draft.who): 'search.over.\(child.name)' \(what); allowed \(allowed).",
            hint: "Write [2, 8] or { from: 0.01, to: 0.3, scale: log }.")
    }

    private func checkCount(_ count: Int, isRead: Bool) {
        let most = SearchScheme.mostOptions
        guard isRead, count == 0 || count > most else { return }
        let names = over?.children.map(\.name).joined(separator: ", ") ?? ""
        diagnosis.fault(
            at: over?.location ?? draft.keySpan,
            "\(draft.who): 'search.over' names \(count == 0 ? "no option" : "\(count) options"); allowed 1...\(most) of \(names).",
            hint: "Write over: { OPTION: [LOW, HIGH] }.")
    }

    /// Asks the plugin about the ends of the space: what it refuses of several options together shows there first.
    private func checkEnds(_ dimensions: [SearchScheme.Dimension]) {
        guard draft.isEnabled, let plugin = draft.plugin, plugin.tier == .static else { return }
        var reported: Set<String> = []
        let options = InstanceReader.configuration(of: draft).values
        for isHigh in [false, true] {
            let ends = dimensions.map { ($0.option, $0.values.end(isHigh: isHigh)) }
            let values = options.merging(ends) { $1 }
            for fault in plugin.validate(Configuration(instance: draft.who, values: values))
            where reported.insert(fault.message).inserted {
                diagnosis.fault(
                    at: over?[fault.option]?.location ?? over?.location ?? draft.keySpan,
                    "\(draft.who): 'search.over' reaches what its plugin does not take: \(fault.message)",
                    hint: "Narrow the space.")
            }
        }
    }
}

extension SearchScheme.Values {
    /// The first or the last value.
    fileprivate func end(isHigh: Bool) -> ConfigurationValue {
        switch self {
        case .integers(let range, _): .integer(isHigh ? range.upperBound : range.lowerBound)
        case .numbers(let range, _): .number(isHigh ? range.upperBound : range.lowerBound)
        case .words(let words): .text((isHigh ? words.last : words.first) ?? "")
        case .flags: .boolean(isHigh)
        }
    }
}
