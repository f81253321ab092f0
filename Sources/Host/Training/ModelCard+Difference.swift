extension ModelCard {
    /// What of a fit is not as it is asked for, in words; `nil` where its artifact can predict what is.
    package func difference(plugin: String, target: String, features: [String], window: Int) -> String? {
        if self.plugin != plugin { return "was fitted by \(self.plugin), and the manifest has \(plugin)" }
        if self.target != target { return "predicts \(self.target), and the manifest has \(target)" }
        if (self.window ?? 1) != window {
            return "sees \(self.window ?? 1) bars together, and the manifest has \(window)"
        }
        guard self.features != features else { return nil }
        let gone = Set(self.features).subtracting(features).sorted()
        let new = Set(features).subtracting(self.features).sorted()
        guard gone.isEmpty, new.isEmpty else {
            let less = gone.isEmpty ? "" : " with \(gone.joined(separator: ", "))"
            let more = new.isEmpty ? "" : " without \(new.joined(separator: ", "))"
            return "was fitted\(less)\(more)"
        }
        return "was fitted on the same features in another order"
    }
}
