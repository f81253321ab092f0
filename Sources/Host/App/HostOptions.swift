package import HostManifest
package import HostTraining

/// What the command line adds to the manifest.
package struct HostOptions: Sendable {
    /// What the host is started for.
    package enum Mode: Sendable, Hashable {
        /// Live: sinks go on where the last run ended.
        case run
        /// The past again, between two event times, into a state folder of its own.
        case replay(from: Int64, through: Int64)
    }

    /// What the host is started for.
    package var mode: Mode
    /// Whether it ends when the providers' streams end.
    package var isOnce: Bool
    /// Address in place of `host.listen`.
    package var listen: ListenAddress?
    /// Whether the gateway runs.
    package var hasGateway: Bool
    /// Whether it reloads when the manifest's file changes.
    package var isWatching: Bool
    /// What is done with a model instead of running the pipelines; `nil` to run them.
    package var work: ModelWork?
    /// Strategies that are back-tested instead; `nil` to run the pipelines.
    package var backtest: BacktestOrder?

    /// Creates options.
    package init(
        mode: Mode = .run, isOnce: Bool = false, listen: ListenAddress? = nil, hasGateway: Bool = true,
        isWatching: Bool = false
    ) {
        self.isWatching = isWatching
        self.mode = mode
        self.isOnce = isOnce
        self.listen = listen
        self.hasGateway = hasGateway
    }
}

/// What the host tells whoever started it.
package enum HostEvent: Sendable {
    /// History of a pipeline is being read for its models.
    case loading(pipeline: String)
    /// History was read: accepted bars and refused rows.
    case loaded(pipeline: String, bars: Int, refused: Int)
    /// A model's fit goes on, 0...1.
    case fitting(model: String, progress: Double)
    /// A trial of a model's search has ended.
    case searching(model: String, SearchProgress)
    /// A model's hold-out was looked at: what it showed, looks at versions of the model so far, and when this version was looked
    /// at before.
    case heldOut(model: String, HoldoutFigures, looks: Int, firstLook: Int64?)
    /// A model serves; `isStored` when the stored artifact was used.
    case serving(model: String, isStored: Bool, seconds: Double)
    /// Something the user should know, and nothing is lost.
    case notice(String)
    /// A part does not work, and the host goes on without it.
    case warning(String)
    /// A plugin logged a warning: it is in the log, and counts as one.
    case logged(String)
    /// A part that did not work works again, as `sink/keep`.
    case recovered(instance: String)
    /// The gateway listens, with TLS or without.
    case listening(address: String, isSecure: Bool)
    /// A pipeline's data begins to flow.
    case running(pipeline: String)
    /// A pipeline has caught up with its provider: everything received was delivered or counted.
    case caughtUp(pipeline: String)
    /// A reload has ended, well or not.
    case reloaded(ReloadReport)
    /// The host is stopping.
    case stopping
}

/// Why the host did not start or ended early, with the exit code that says which kind.
package struct HostError: Error, Sendable, CustomStringConvertible {
    /// Exit code: 1 run time, 2 configuration, 3 environment.
    package let exitCode: Int32
    /// Who, what, where, what to do.
    package let description: String

    /// Creates an error.
    package init(exitCode: Int32, _ description: String) {
        self.exitCode = exitCode
        self.description = description
    }
}
