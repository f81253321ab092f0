/// Places of a table that something happened to since the last look, each once: neither noting nor looking goes over the table.
struct TouchedPlaces: Sendable {
    private var isIn: [Bool] = []
    /// In the order in which they were touched first.
    private(set) var places: [Int] = []

    /// Notes a place, 0 or more.
    mutating func insert(_ place: Int) {
        while isIn.count <= place { isIn.append(false) }
        guard !isIn[place] else { return }
        isIn[place] = true
        places.append(place)
    }

    /// Forgets all of them.
    mutating func removeAll() {
        for place in places { isIn[place] = false }
        places.removeAll(keepingCapacity: true)
    }
}
