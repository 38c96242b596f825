// The front of a puller in Go: resolve, show the credentials to the registry, report a 401.
//
//	embed-go http|https REGISTRY REPOSITORY TAG [CONFIG.json]
package main

import (
	"fmt"
	"net/http"
	"os"
)

func ask(url string, login *Login) (int, string, error) {
	request, err := http.NewRequest(http.MethodHead, url, nil)
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Accept", "application/vnd.oci.image.manifest.v1+json")
	if login != nil {
		request.SetBasicAuth(login.Username, login.Password)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	response.Body.Close()
	return response.StatusCode, response.Header.Get("Docker-Content-Digest"), nil
}

func pull(tabard *Tabard, image, url string) error {
	for isWorthAsking := true; isWorthAsking; {
		isWorthAsking = false
		logins, err := tabard.Resolve(image)
		if err != nil {
			return err
		}
		tries := []*Login{nil}
		if len(logins) > 0 {
			tries = nil
			for i := range logins {
				tries = append(tries, &logins[i])
			}
		}
		for _, login := range tries {
			source := "anonymous"
			if login != nil {
				source = login.Source
			}
			status, digest, err := ask(url, login)
			if err != nil {
				return err
			}
			if status == http.StatusOK {
				fmt.Printf("%s@%s (%s)\n", image, digest, source)
				return nil
			}
			fmt.Fprintf(os.Stderr, "%s: HTTP %d with %s\n", image, status, source)
			// Tabard says no to the second report within a minute, so this ends.
			if status == http.StatusUnauthorized && login != nil && tabard.Refused(*login) {
				isWorthAsking = true
			}
		}
	}
	return fmt.Errorf("%s: no credential was accepted", image)
}

func main() {
	if len(os.Args) < 5 {
		fmt.Fprintln(os.Stderr, "usage: embed-go http|https REGISTRY REPOSITORY TAG [CONFIG.json]")
		os.Exit(2)
	}
	config := ""
	if len(os.Args) > 5 {
		config = os.Args[5]
	}
	image := fmt.Sprintf("%s/%s:%s", os.Args[2], os.Args[3], os.Args[4])
	url := fmt.Sprintf("%s://%s/v2/%s/manifests/%s", os.Args[1], os.Args[2], os.Args[3], os.Args[4])
	tabard, err := Open(config)
	if err == nil {
		defer tabard.Close()
		err = pull(tabard, image, url)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
