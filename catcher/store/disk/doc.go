// Package disk is the store that outlives the process.
package disk
