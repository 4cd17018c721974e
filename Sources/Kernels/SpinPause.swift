import CKernels

/// Tells the core that the loop around it waits for another thread.
@inline(__always)
public func spinPause() { ck_pause() }
