import PluginKit

/// One input of a partition: its stage, what it refused and what it counted.
struct JudgedInput {
    var stage: any InputStage
    private(set) var refusals: RefusalLog
    /// What the last call did.
    private(set) var tally = InputTally()

    init(_ plan: PipelinePlan, _ input: InputPlan, isKnown: [Bool]) {
        stage = input.stage(isKnown: isKnown)
        refusals = RefusalLog(
            pipeline: plan.scope(of: input), provenance: Provenance(source: input.route.first.id),
            instruments: plan.directory)
    }

    /// Judges a delivery, or takes what an earlier run judged.
    mutating func take(_ item: IngestItem) {
        tally.reset()
        refusals.begin(item.provenance)
        if item.isStored { take(stored: item) } else { judge(item) }
        tally.section = stage.section
    }

    /// Lets what waits for other instruments go, through an event time.
    mutating func close(through time: Int64) {
        tally.reset()
        refusals.begin()
        stage.close(through: time)
        tally.rows = stage.events.count
        tally.section = stage.section
    }

    /// Judges the events that wait, at the end of the data.
    mutating func finish() {
        tally.reset()
        refusals.begin()
        let undecided = stage.waitingCount
        stage.finish { reason, describe in
            tally.rejected[reason, default: 0] += 1
            describe(&refusals)
        }
        tally.omitted = refusals.omitted
        tally.section = stage.section
        tally.undecided = -undecided
        tally.shares = stage.takeShares()
    }

    /// Takes events that an earlier run accepted.
    mutating func take(stored events: EventBatch) {
        stage.take(stored: events, [])
        tally.received = events.count
        tally.accepted = events.count
        tally.rows = events.count
        tally.lastEvent = stage.lastEvent
    }

    private mutating func take(stored item: IngestItem) {
        stage.take(stored: item)
        tally.received = item.events.count
        tally.accepted = item.events.count
        tally.rows = stage.events.count
        tally.lastEvent = stage.lastEvent
    }

    private mutating func judge(_ item: IngestItem) {
        tally.received = item.events.count + item.defects.count
        for defect in item.defects {
            tally.defects[defect.reason, default: 0] += 1
            if let instrument = defect.instrument { stage.noteRejection(of: instrument) }
            refusals.add(defect)
        }
        let undecided = stage.waitingCount
        stage.judge(item) { reason, describe in
            tally.rejected[reason, default: 0] += 1
            describe(&refusals)
        }
        tally.omitted = refusals.omitted
        tally.accepted = stage.acceptedCount
        tally.rows = stage.events.count
        tally.corrections = stage.correctedCount
        tally.shaping = stage.shaping
        tally.lastEvent = stage.lastEvent
        tally.doubts = stage.doubts
        tally.undecided = stage.waitingCount - undecided
        tally.shares = stage.takeShares()
    }
}
