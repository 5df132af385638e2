package drop

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Check says whether these folders keep out of one another: none may be the same
// as another, or inside of it. "" stands for none. They need not exist.
func Check(pickup, drop, badmail string) error {
	folders := []struct{ name, path string }{{"Pickup", pickup}, {"Drop", drop}, {"Badmail", badmail}}
	for i := range folders {
		if folders[i].path == "" {
			continue
		}
		path, err := resolve(folders[i].path)
		if err != nil {
			return fmt.Errorf("the %s folder %s: %w", folders[i].name, folders[i].path, err)
		}
		folders[i].path = path
		for _, other := range folders[:i] {
			if other.path != "" && (inside(path, other.path) || inside(other.path, path)) {
				return fmt.Errorf("the %s folder %s and the %s folder %s may not be the same, nor inside each other", other.name, other.path, folders[i].name, path)
			}
		}
	}
	return nil
}

// resolve makes a path absolute and undoes symbolic links as far as it exists.
func resolve(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		path = strings.ToLower(path) // most file systems there do not tell case
	}
	whole, err := filepath.EvalSymlinks(path)
	if err == nil {
		return whole, nil
	}
	if parent := filepath.Dir(path); os.IsNotExist(err) && parent != path {
		parent, err = resolve(parent)
		return filepath.Join(parent, filepath.Base(path)), err
	}
	return "", err
}

func inside(path, folder string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsLocal(rel)
}
