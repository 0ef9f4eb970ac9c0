package chromium_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/authent/authent/internal/await"
	"github.com/authent/authent/internal/chromium"
)

func TestMain(m *testing.M) {
	code := m.Run()
	chromium.Close()
	os.Exit(code)
}

// TestEvaluate asks a page that is replaced again and again: of those that went
// away meanwhile it says nothing.
func TestEvaluate(t *testing.T) {
	const pages = 60
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if i := n.Add(1); i < pages {
			fmt.Fprintf(w, "<title>%d</title><script>location.replace('/%d')</script>", i, i)
			return
		}
		fmt.Fprint(w, "<title>the last one</title>")
	}))
	t.Cleanup(server.Close)
	ctx := chromium.Tab(t)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	if _, err := chromium.Evaluate[any](ctx, fmt.Sprintf("void setTimeout(() => location.replace(%q))", server.URL)); err != nil {
		t.Fatal(err)
	}
	await.True(t, "the last page", func() bool {
		title, err := chromium.Evaluate[string](ctx, "document.title")
		if err != nil {
			t.Fatal(err)
		}
		return title == "the last one"
	})
}

// TestDo clicks an element that is replaced all the time.
func TestDo(t *testing.T) {
	ctx := chromium.Tab(t)
	const page = `data:text/html,<div id="around"></div><script>
		const replace = () => {
			around.innerHTML = '<button id="it" onclick="document.title = \'clicked\'">it</button>'
			setTimeout(replace)
		}
		replace()
	</script>`
	if err := chromedp.Do(ctx, chromedp.Navigate(page)); err != nil {
		t.Fatal(err)
	}
	await.True(t, "the click", func() bool {
		if err := chromium.Do(ctx, chromedp.Click(chromedp.ID("it"))); err != nil {
			t.Fatal(err)
		}
		title, err := chromium.Evaluate[string](ctx, "document.title")
		if err != nil {
			t.Fatal(err)
		}
		return title == "clicked"
	})
}
