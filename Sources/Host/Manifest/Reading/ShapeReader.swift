import PluginKit

/// Reads how the bars of a pipeline or an input are built.
struct ShapeReader {
    let setting: Setting
    let who: String
    /// Where what is missing is reported.
    let place: SourceSpan
    let diagnosis: Diagnosis

    /// Returns the shape; `nil` where there is none; reports what does not fit together.
    func shape(of kind: EventKind) -> ShapeDeclaration? {
        guard let shape = setting["shape"], shape.location != nil, shape.value != nil else { return nil }
        let place = shape.location ?? place
        guard let source = shape["from"]?.text.flatMap(EventKind.init(rawValue:)) else {
            fault(at: place, "'shape.from' is missing; allowed trade, bar.", "Say what the bars are built of.")
            return nil
        }
        if kind != .bar {
            fault(
                at: place, "'shape' builds bars, and 'kind' is \(kind.rawValue).",
                "Take 'shape' out, or write kind: bar.")
        }
        let cut: BarCut = shape("by")
        checkSize(shape, cut, at: place)
        checkSource(shape, source, cut, at: place)
        return ShapeDeclaration(
            source: source, timeframe: shape("timeframe"), cut: cut, size: shape("size"))
    }

    private func checkSize(_ shape: Setting, _ cut: BarCut, at place: SourceSpan) {
        let size = shape["size"]
        if cut != .time, size?.number == nil, size?.location == nil {
            fault(at: place, "'shape.size' is missing, and 'by' is \(cut.rawValue).", "Say how much ends a bar.")
        }
        if cut == .time, let size, size.number != nil {
            fault(
                at: size.location ?? place,
                "'shape.size' means nothing with by: time; 'timeframe' says when a bar ends.",
                "Take it out.")
        }
    }

    private func checkSource(_ shape: Setting, _ source: EventKind, _ cut: BarCut, at place: SourceSpan) {
        guard source == .bar else { return }
        if cut != .time {
            fault(
                at: place, "'shape.by' is \(cut.rawValue), which counts trades, and 'from' is bar.",
                "Write from: trade.")
        }
        guard let finer = shape["timeframe"]?.text.flatMap({ Timeframe($0) }) else {
            fault(at: place, "'shape.timeframe' is missing: the span of the finer bars.", "Write timeframe: 1m.")
            return
        }
        let timeframe = PipelineResolver.timeframe(setting)
        if finer.nanoseconds >= timeframe.nanoseconds {
            fault(
                at: place,
                "'shape.timeframe' is \(finer), and the bars built of them are \(timeframe); allowed finer ones.",
                "Name the span of what the route gives.")
        }
    }

    private func fault(at place: SourceSpan, _ message: String, _ hint: String) {
        diagnosis.fault(at: place, "\(who): \(message)", hint: hint)
    }
}
