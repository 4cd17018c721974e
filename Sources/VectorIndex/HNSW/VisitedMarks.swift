/// A set of slots that is emptied in one step: a slot is in it when its mark equals the current epoch.
///
/// A byte a slot: 255 walks share one clearing of the array.
@safe
final class VisitedMarks {
    private let marks = AlignedBuffer<UInt8>(capacity: 0)
    private(set) var epoch: UInt8 = 0

    /// Empties the set and makes room for slots 0 ..< slotCount.
    func reset(slotCount: Int) {
        marks.grow(toHold: slotCount)
        if epoch == .max {
            unsafe marks.base.update(repeating: 0, count: marks.capacity)
            epoch = 0
        }
        epoch += 1
    }

    /// The marks themselves; valid until the next reset. Write `epoch` to insert.
    var base: UnsafeMutablePointer<UInt8> { unsafe marks.base }
}
