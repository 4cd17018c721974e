// Assist
