import Glibc

/// The size of the terminal's window, and text cut to it.
enum TerminalWindow {
    /// Returns text whose lines do not wrap and that leaves a line free; what is cut off is said.
    static func fit(_ text: String) -> String {
        let (columns, rows) = size
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0.prefix(columns)) }
        guard lines.count > rows, rows > 4 else { return lines.joined(separator: "\n") }
        let kept = lines.prefix(rows - 4)
        let note = "... \(lines.count - rows + 1) more lines; `penstock run --json` or the API show all"
        return (kept + [String(note.prefix(columns))] + lines.suffix(2)).joined(separator: "\n")
    }

    /// Columns and rows; 80 x 24 where the terminal does not say.
    private static var size: (columns: Int, rows: Int) {
        var window = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else {
            return (80, 24)
        }
        return (Int(window.ws_col), Int(window.ws_row))
    }
}
